import Foundation

/// Compares two files or folders by every byte.
package enum TreeComparison {
  /// In what a client's folder may differ, and still hold the whole artifact.
  package enum Leniency: Sendable {
    /// Nothing: both sides have the same files and folders.
    case none
    /// Empty files and folders, which Transmission 3.00 does not make.
    case emptyEntriesMayLack
    /// Pad files, which rTorrent 0.9.8 takes for files like others (BEP 47).
    case padFilesMayShow
  }

  /// What differs, in words: a line for each entry that is missing, too much, or different. Empty where both are alike.
  package static func differences(expected: String, actual: String, leniency: Leniency = .none) throws -> [String] {
    let (expectedEntries, actualEntries) = (try entries(of: expected), try entries(of: actual))
    var lines: [String] = []
    for (name, entry) in expectedEntries {
      if let other = actualEntries[name] {
        try lines += difference(name: entry.name, entry, other)
      } else if !(leniency == .emptyEntriesMayLack && entry.size == 0) {
        lines.append("missing: \(entry.name)")
      }
    }
    let surplus = actualEntries.filter { expectedEntries[$0.key] == nil }.values
    lines += surplus.filter { !(leniency == .padFilesMayShow && $0.name.hasPrefix(".pad")) }.map { "not in the artifact: \($0.name)" }
    return lines.sorted()
  }

  private struct Entry {
    var name: String
    var path: String
    var isFolder: Bool
    var size: Int
  }

  /// By the bytes of the name: Swift's strings are equal where only their Unicode composition differs, file names are not.
  private static func entries(of root: String) throws -> [Data: Entry] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder) else { throw ProcessFailure("no such file: \(root)") }
    let names = isFolder.boolValue ? try FileManager.default.subpathsOfDirectory(atPath: root) : []
    let pairs = try ([""] + names).map { name in (Data(name.utf8), try entry(named: name, below: root)) }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  private static func entry(named name: String, below root: String) throws -> Entry {
    let path = name.isEmpty ? root : root + "/" + name
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
    return Entry(name: name, path: path, isFolder: isFolder, size: isFolder ? 0 : attributes[.size] as? Int ?? 0)
  }

  private static func difference(name: String, _ expected: Entry, _ actual: Entry) throws -> [String] {
    guard expected.isFolder == actual.isFolder else { return ["a folder on one side only: \(name)"] }
    guard expected.size == actual.size else { return ["\(name): \(expected.size) bytes expected, \(actual.size) found"] }
    guard !expected.isFolder, let offset = try firstDifference(expected.path, actual.path) else { return [] }
    return ["\(name): differs from byte \(offset) on"]
  }

  private static func firstDifference(_ one: String, _ other: String) throws -> Int? {
    let one = try Data(contentsOf: URL(fileURLWithPath: one), options: .mappedIfSafe)
    let other = try Data(contentsOf: URL(fileURLWithPath: other), options: .mappedIfSafe)
    guard one != other else { return nil }
    return zip(one, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset
  }
}
