import Control
import Foundation
import Metainfo

extension Torrent {
  /// The files that are wanted, by index; nil for all. Throws where none is.
  func selected(_ submission: FetchSubmission) throws -> [Int]? {
    if let patterns = submission.select { return try selected(patterns) }
    guard let link = submission.magnet, let ranges = try Magnet.parse(link).selectedFiles else { return nil }
    // BEP 53 counts the files of the torrent.
    let files = layout.files.indices.filter { index in !layout.files[index].isPadding && ranges.contains { $0.contains(index) } }
    guard !files.isEmpty else { throw Failure(.inputMissing, "the magnet link selects no file of \(name)") }
    return files
  }

  private func selected(_ patterns: [String]) throws -> [Int] {
    let files = layout.files.indices.filter { index in
      let path = layout.files[index].displayPath
      return !layout.files[index].isPadding && patterns.contains { fnmatch($0, path, 0) == 0 }
    }
    guard !files.isEmpty else { throw Failure(.inputMissing, "no file of \(name) matches \(patterns.joined(separator: ", "))") }
    return files
  }
}
