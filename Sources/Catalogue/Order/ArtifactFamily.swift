/// What an artifact is a version of: `app-1.9` and `app-1.10` are both of the family `app-*`.
package struct ArtifactFamily: Hashable, Sendable, CustomStringConvertible {
  /// The name with a `*` in the version's place; the name as it is where it has none.
  package let name: String
  /// The version that the artifact has, by what it says or by its name; empty for none.
  package let version: String

  /// The version is taken out of the name where it stands in it; where an artifact says none, what looks like one in its name is it.
  package init(name: String, version: String?) {
    let version = version ?? Self.guess(name) ?? ""
    self.version = version
    guard !version.isEmpty, let range = name.lastRange(of: version) else {
      self.name = name
      return
    }
    self.name = name[..<range.lowerBound] + "*" + name[range.upperBound...]
  }

  package var description: String { name }

  /// The part of a name that looks like its version: a number with dots (`app-1.10.tar.gz`, `linux-5.4.0-x86_64`), else a number that stands
  /// alone between dashes (`build-142`); with what says that it comes before a release (`-rc1`).
  static func guess(_ name: String) -> String? {
    let bytes = Array(name.utf8)
    let beginnings = bytes.indices.filter { $0 > 0 && isSeparator(bytes[$0 - 1]) && isVersion(bytes, $0) }
    let ends = beginnings.map { (start: $0, end: numberEnd(bytes, $0)) }
    let dotted = ends.first { bytes[$0.start..<$0.end].contains(UInt8(ascii: ".")) }
    let lone = ends.last { span in
      isDash(bytes[span.start - 1]) && (span.end == bytes.count || isDash(bytes[span.end]) || bytes[span.end] == UInt8(ascii: "."))
    }
    guard let (start, end) = dotted ?? lone else { return nil }
    return String(decoding: bytes[start..<stageEnd(bytes, end)], as: UTF8.self)
  }

  private static func isVersion(_ bytes: [UInt8], _ index: Int) -> Bool {
    if isDigit(bytes[index]) { return true }
    return bytes[index] == UInt8(ascii: "v") && index + 1 < bytes.count && isDigit(bytes[index + 1])
  }

  /// The end of digits with dots between; of a `v` before them too.
  private static func numberEnd(_ bytes: [UInt8], _ start: Int) -> Int {
    var end = isDigit(bytes[start]) ? start : start + 1
    while end < bytes.count {
      if isDigit(bytes[end]) {
        end += 1
      } else if bytes[end] == UInt8(ascii: "."), end + 1 < bytes.count, isDigit(bytes[end + 1]) {
        end += 2
      } else {
        break
      }
    }
    return end
  }

  /// The end of `-rc1`, `~beta.2` and their like where one follows; else where it began.
  private static func stageEnd(_ bytes: [UInt8], _ start: Int) -> Int {
    var index = start
    if index < bytes.count, [UInt8(ascii: "-"), UInt8(ascii: "~"), UInt8(ascii: "."), UInt8(ascii: "_")].contains(bytes[index]) {
      index += 1
    }
    let words = ["alpha", "beta", "dev", "preview", "pre", "rc"]
    guard let word = words.first(where: { bytes[index...].starts(with: $0.utf8) }) else { return start }
    index += word.utf8.count
    if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), isDigit(bytes[index + 1]) { index += 1 }
    while index < bytes.count, isDigit(bytes[index]) { index += 1 }
    return index
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isDash(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: " ") }
  private static func isSeparator(_ byte: UInt8) -> Bool { isDash(byte) || byte == UInt8(ascii: "_") }
}

extension String {
  /// Where another text stands in this one for the last time.
  fileprivate func lastRange(of other: String) -> Range<String.Index>? {
    let (whole, part) = (Array(utf8), Array(other.utf8))
    guard !part.isEmpty, part.count <= whole.count else { return nil }
    for offset in stride(from: whole.count - part.count, through: 0, by: -1) where whole[offset..<offset + part.count].elementsEqual(part) {
      return utf8.index(startIndex, offsetBy: offset)..<utf8.index(startIndex, offsetBy: offset + part.count)
    }
    return nil
  }
}
