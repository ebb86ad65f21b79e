internal import PluginKit

/// A whole number within bounds, both included: `Whole<1, 100>`.
struct Whole<let low: Int, let high: Int>: Decodable {
  let value: Int

  init(from decoder: any Decoder) throws {
    value = try Int(from: decoder)
    guard low <= value, value <= high else { throw SettingsProblem("expected \(low) to \(high), found \(value)") }
  }
}

/// A length of time within bounds in milliseconds, both included.
struct BoundedSpan<let low: Int, let high: Int>: Decodable {
  let value: TimeSpan

  init(from decoder: any Decoder) throws {
    value = try TimeSpan(from: decoder)
    let (low, high) = (TimeSpan(milliseconds: Int64(low)), TimeSpan(milliseconds: Int64(high)))
    guard low <= value, value <= high else { throw SettingsProblem("expected \(low) to \(high), found \(value)") }
  }
}

/// A word that may stand in a value's place and means that there is none.
protocol SettingsWord {
  static var text: String { get }
}

enum Unlimited: SettingsWord { static let text = "unlimited" }
enum Auto: SettingsWord { static let text = "auto" }
enum Off: SettingsWord { static let text = "off" }
enum Cores: SettingsWord { static let text = "cores" }

/// A value, or the word: `upload: unlimited`.
struct OrWord<Word: SettingsWord, Value: Decodable>: Decodable {
  /// Nil for the word.
  let value: Value?

  init(from decoder: any Decoder) throws {
    if let strict = decoder as? StrictDecoder, case .scalar(let scalar) = strict.node.content, scalar.kind == .string,
      scalar.text == Word.text
    {
      strict.pass.open(strict.path)
      value = nil
      return
    }
    do {
      value = try decoder.singleValueContainer().decode(Value.self)
    } catch var failure as DecodingFailure {
      for index in failure.problems.indices { failure.problems[index].message += "; or write \(Word.text)" }
      throw failure
    }
  }
}
