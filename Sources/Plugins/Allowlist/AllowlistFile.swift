internal import PluginKit

/// A file of networks, one a line: blank lines and lines that begin with `#` are skipped, text after a later `#` is the entry's reason.
enum AllowlistFile {
  /// What is in force of the file that the settings name: its entries, or what it said before where a reload finds nothing in it. Every
  /// problem goes to `problems` with its line.
  static func settled(
    _ name: Placed<String>, _ services: PluginServices, problems: inout [SettingsProblem]
  ) -> (entries: [AllowlistEntry], warning: String?) {
    let path = services.resolve(name.value)
    let kept = KeptFile<[AllowlistEntry]>(key: "file", path: path, place: name.place, plugin: AllowlistPlugin.name)
    do throws(TextFile.Problem) {
      let before = problems.count
      let entries = entries(of: try TextFile.read(path), path: path, problems: &problems)
      guard problems.count == before else { return ([], nil) }
      // At the start an empty list is what it is: it allows nobody.
      let settled = kept.settle(entries.isEmpty ? .nothing("has no entry") : .content(entries), services)
      return (settled?.content ?? [], settled?.warning)
    } catch {
      if let settled = kept.settle(.nothing("cannot be used: \(error)"), services) {
        return (settled.content, settled.warning)
      }
      problems.append(SettingsProblem("file: \(error)", place: name.place))
      return ([], nil)
    }
  }

  /// The entries in a file's bytes.
  static func entries(of bytes: [UInt8], path: String, problems: inout [SettingsProblem]) -> [AllowlistEntry] {
    var entries: [AllowlistEntry] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      do throws(SettingsProblem) {
        if let entry = try entry(of: line, number: index + 1, path: path) { entries.append(entry) }
      } catch {
        problems.append(SettingsProblem("file: \(error.message)", place: "\(path):\(index + 1)"))
      }
    }
    return entries
  }

  private static func entry(of line: ArraySlice<UInt8>, number: Int, path: String) throws(SettingsProblem) -> AllowlistEntry? {
    guard let text = String(validating: line, as: UTF8.self) else { throw SettingsProblem("the line is not UTF-8") }
    let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed($0) }
    guard let address = parts.first, !address.isEmpty else { return nil }
    let reason = parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil
    return AllowlistEntry(
      network: try NetworkText.parse(address), rule: "file:\(number)", place: "\(path):\(number)", note: Note(reason: reason))
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
