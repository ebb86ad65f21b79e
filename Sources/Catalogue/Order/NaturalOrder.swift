/// The order in which people count versions and names: `1.10` after `1.9`, `2.0-rc1` before `2.0`, `app-1.10` after `app-1.9`.
///
/// Texts are taken apart into numbers, of any length, and words; what stands between only parts them. Numbers come after words, and words after
/// nothing, except those of what comes before a release (`dev`, `alpha`, `beta`, `pre`, `rc`, in this order, and whatever follows a `~`, as
/// Debian has it), which come before it. Two texts that differ are never equal: where all else is, their bytes decide.
package enum NaturalOrder {
  /// A part of a text.
  private enum Part: Equatable {
    /// Of what comes before a release, by its stage, and with its word.
    case early(Int, String)
    case word(String)
    /// Digits without leading zeroes.
    case number(ArraySlice<UInt8>)

    /// Where it stands to the end of a text, which is 0.
    var rank: Int {
      switch self {
      case .early(let stage, _): stage - 10
      case .word: 1
      case .number: 2
      }
    }
  }

  private enum Kind { case digit, letter, other }

  /// Whether the first comes before the second.
  package static func precedes(_ one: String, _ other: String) -> Bool {
    let (ours, theirs) = (parts(one), parts(other))
    for index in 0..<max(ours.count, theirs.count) {
      let (our, their) = (index < ours.count ? ours[index] : nil, index < theirs.count ? theirs[index] : nil)
      if our == their { continue }
      return precedes(our, their)
    }
    return one.utf8.lexicographicallyPrecedes(other.utf8)
  }

  private static func precedes(_ one: Part?, _ other: Part?) -> Bool {
    switch (one, other) {
    case (.number(let one)?, .number(let other)?): one.count == other.count ? one.lexicographicallyPrecedes(other) : one.count < other.count
    case (.word(let one)?, .word(let other)?): one < other
    case (.early(let one, let word)?, .early(let other, let otherWord)?): one == other ? word < otherWord : one < other
    default: (one?.rank ?? 0) < (other?.rank ?? 0)
    }
  }

  private static let stages = ["dev": 1, "alpha": 2, "beta": 3, "pre": 4, "preview": 4, "rc": 5]

  private static func parts(_ text: String) -> [Part] {
    var parts: [Part] = []
    var rest = Array(text.utf8)[...]
    var isEarly = false
    while let first = rest.first {
      let kind = kind(first)
      let run = rest.prefix { self.kind($0) == kind }
      rest = rest[run.endIndex...]
      switch kind {
      case .digit: parts.append(.number(run.drop { $0 == UInt8(ascii: "0") }))
      case .letter:
        let word = String(decoding: run, as: UTF8.self).lowercased()
        parts.append(isEarly ? .early(0, word) : stages[word].map { .early($0, word) } ?? .word(word))
      case .other: break
      }
      isEarly = kind == .other && run.last == UInt8(ascii: "~")
    }
    return parts
  }

  private static func kind(_ byte: UInt8) -> Kind {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...: .letter
    default: .other
    }
  }
}
