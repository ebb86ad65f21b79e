import Foundation
import Metainfo

/// An artifact's bytes as its pieces have them one after the other; padding and gaps are zeroes.
struct TorrentData {
  let found: Found

  init(_ found: Found) { self.found = found }

  /// Throws where a file cannot be read, or has become shorter.
  func read(_ range: Range<Int64>) throws -> [UInt8] {
    let layout = found.torrent.layout
    var bytes = [UInt8](repeating: 0, count: Int(range.count))
    for index in layout.files(in: range) where !layout.files[index].isPadding && layout.files[index].symlinkTarget == nil {
      let (file, begin) = (layout.files[index], layout.fileOffsets[index])
      let part = max(range.lowerBound, begin)..<min(range.upperBound, begin + file.length)
      let data = try read(part.lowerBound - begin..<part.upperBound - begin, ofFile: index)
      let place = Int(part.lowerBound - range.lowerBound)
      bytes.replaceSubrange(place..<place + data.count, with: data)
    }
    return bytes
  }

  private func read(_ range: Range<Int64>, ofFile index: Int) throws -> Data {
    let components = found.paths.indices.contains(index) ? found.paths[index] : []
    let path = ([found.root] + components).joined(separator: "/")
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw Failure(.inputMissing, "\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(range.lowerBound))
    let data = try handle.read(upToCount: Int(range.count)) ?? Data()
    guard data.count == Int(range.count) else { throw Failure(.badData, "\(path) has become shorter while it was sent") }
    return data
  }
}
