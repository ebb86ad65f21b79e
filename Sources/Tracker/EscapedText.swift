/// Text from outside as it may be shown on a terminal or in a log.
package enum EscapedText {
  /// The text with control, formatting and unassigned characters and backslashes escaped, cut after `limit` characters.
  package static func escape(_ text: String, limit: Int = 200) -> String {
    let scalars = text.unicodeScalars
    let shown = scalars.prefix(max(0, limit)).map(escape).joined()
    return scalars.dropFirst(max(0, limit)).isEmpty ? shown : shown + "…"
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    // Formatting characters can turn the direction of a line round and so hide what it says.
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
      "\\u{\(String(scalar.value, radix: 16))}"
    default:
      scalar == "\\" ? "\\\\" : String(scalar)
    }
  }
}
