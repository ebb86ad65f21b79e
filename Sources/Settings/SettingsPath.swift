/// The way from the top of the document to a value, as messages show it: `pipeline[1].gate`.
struct SettingsPath: Hashable, Sendable, CustomStringConvertible {
  enum Step: Hashable, Sendable {
    case key(String)
    case index(Int)
  }

  private(set) var steps: [Step] = []

  func appending(_ step: Step) -> SettingsPath {
    var longer = self
    longer.steps.append(step)
    return longer
  }

  var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key): text += (text.isEmpty ? "" : ".") + printable(key)
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }

  /// The same for the standard library.
  var codingPath: [any CodingKey] { steps.map(StepKey.init) }
}

/// A step as the standard library wants it.
struct StepKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ step: SettingsPath.Step) {
    switch step {
    case .key(let key): (stringValue, intValue) = (key, nil)
    case .index(let index): (stringValue, intValue) = ("[\(index)]", index)
    }
  }

  init?(stringValue: String) { self.init(.key(stringValue)) }
  init?(intValue: Int) { self.init(.index(intValue)) }
}

/// Text from the file as a message shows it: on one line, without control characters, not endless.
func printable(_ text: String) -> String {
  let limit = 80
  var shown = ""
  for scalar in text.unicodeScalars.prefix(limit) {
    let isControl = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
    shown += isControl || scalar == "\u{2028}" || scalar == "\u{2029}" ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return text.unicodeScalars.count > limit ? shown + "…" : shown
}
