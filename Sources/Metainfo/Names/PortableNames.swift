/// What Windows and its file systems cannot store under its own name.
enum PortableNames {
  /// Why this name is not portable; nil where it is.
  static func objection(to name: String) -> String? {
    if let character = name.unicodeScalars.first(where: isForbidden) {
      return "has the character \(shown(String(character).utf8)), which not every system allows"
    }
    if name.hasSuffix(".") || name.hasSuffix(" ") { return "ends with a dot or a space, which not every system keeps" }
    let stem = name.prefix { $0 != "." }.uppercased()
    return isDevice(stem) ? "is the name of a device on Windows" : nil
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || scalar.value == 0x7F || "<>:\"|?*\\".unicodeScalars.contains(scalar)
  }

  private static func isDevice(_ stem: String) -> Bool {
    let trimmed = stem.trimmingSuffix(while: { $0 == " " })
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(String(trimmed)) { return true }
    guard trimmed.count == 4, let digit = trimmed.last, "0123456789¹²³".contains(digit) else { return false }
    return trimmed.hasPrefix("COM") || trimmed.hasPrefix("LPT")
  }
}

extension String {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
    guard let last = lastIndex(where: { !isTrimmed($0) }) else { return "" }
    return self[...last]
  }
}
