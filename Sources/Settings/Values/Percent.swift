internal import PluginKit

/// A share of a whole: `95%`, from 1 to 100.
package struct Percent: TextValue, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 1 ... 100.
  package let value: Int

  init(value: Int) {
    self.value = min(max(1, value), 100)
  }

  static let expected = "a share such as 95%"

  init(text: String) throws(SettingsProblem) {
    guard text.hasSuffix("%") else { throw Self.mismatch(text, "a share ends in %") }
    guard let value = Int(text.dropLast()), (1...100).contains(value), !text.hasPrefix("+") else {
      throw Self.mismatch(text, "a whole number from 1 to 100")
    }
    self.init(value: value)
  }

  package static func < (one: Percent, other: Percent) -> Bool { one.value < other.value }

  package var description: String { "\(value)%" }
}
