internal import PluginKit

/// Bytes per second: `1 GiB/s`, `500 KiB/s`, `100000/s`.
package struct ByteRate: TextValue, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The least that a limit may be: one block of 16 KiB a second. Below that no peer gets anything before it gives up.
  package static let minimum: Int64 = 16 << 10

  /// `minimum` or more when read from a file.
  package let bytesPerSecond: Int64

  package init(bytesPerSecond: Int64) {
    self.bytesPerSecond = max(0, bytesPerSecond)
  }

  static let expected = "a rate such as 100 MiB/s"

  init(text: String) throws(SettingsProblem) {
    guard text.hasSuffix("/s") else { throw Self.mismatch(text, Self.hint(text)) }
    var amount = text.dropLast(2)
    if amount.last == " " { amount = amount.dropLast() }
    let size: ByteSize
    do throws(SettingsProblem) {
      size = try ByteSize(text: String(amount))
    } catch {
      let hint = ByteSize.hint(String(amount))
      throw Self.mismatch(text, hint.hasPrefix("write ") && !hint.contains(":") ? hint + " before /s" : hint)
    }
    guard size.bytes >= Self.minimum else { throw Self.mismatch(text, "the least is 16 KiB/s, one block a second") }
    self.init(bytesPerSecond: size.bytes)
  }

  private static func hint(_ text: String) -> String {
    if text.lowercased().hasSuffix("bps") || text.lowercased().hasSuffix("bit") { return "write bytes per second" }
    return "a rate ends in /s"
  }

  package static func < (one: ByteRate, other: ByteRate) -> Bool { one.bytesPerSecond < other.bytesPerSecond }

  package var description: String { "\(ByteSize(bytes: bytesPerSecond))/s" }
}
