/// Text that goes to people: journals, terminals, logs.
enum CleanText {
  /// What is wrong with it; nil for nothing.
  static func flaw(of text: String) -> String? {
    if text.allSatisfy(\.isWhitespace) { return "it is empty" }
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }) else { return nil }
    return "it has control characters, which a peer may have put there: \(text.debugDescription)"
  }
}
