/// Text of a program's, fit for logs and the journal.
enum PlainText {
  /// The text with what is no character written out, and cut where it is longer.
  static func shown(_ text: String, longest: Int) -> String {
    var shown = ""
    var count = 0
    for scalar in text.unicodeScalars {
      guard count < longest else { return shown + "…" }
      count += 1
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator:
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }
}
