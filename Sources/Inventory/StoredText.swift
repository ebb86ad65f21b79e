/// Text on its way into a column.
enum StoredText {
  /// The text cut to at most `limit` bytes of UTF-8 at a character's boundary.
  ///
  /// NUL becomes U+FFFD: SQLite's tools end a text at the first NUL, so that what follows one would be hidden from an operator.
  static func bounded(_ text: String, to limit: Int) -> String {
    let visible =
      text.utf8.contains(0) ? String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 })) : text
    guard visible.utf8.count > limit else { return visible }
    var kept = String.UnicodeScalarView()
    var room = limit
    for scalar in visible.unicodeScalars {
      room -= UTF8.width(scalar)
      if room < 0 { break }
      kept.append(scalar)
    }
    return String(kept)
  }

  /// The same for text that may not be there.
  static func boundedIfPresent(_ text: String?, to limit: Int) -> String? {
    text.map { bounded($0, to: limit) }
  }

  /// Refuses text that SQLite could not hold as it is. For names and paths, which must come back as they were.
  static func checked(_ text: String, _ field: String) throws(InventoryError) -> String {
    guard !text.utf8.contains(0) else { throw InventoryError.invalid(problem: "\(field) contains NUL") }
    return text
  }
}
