import HTTPClient
import Metainfo

/// Where a web seed has the bytes of a torrent (BEP 19): the URL of each file, and which of its bytes a range of the artifact is.
package struct WebSeedMap: Sendable {
  /// A part of a file that is asked for at once.
  package struct Part: Sendable, Hashable {
    /// The file's index in the torrent.
    package let file: Int
    package let url: HTTPURL
    /// Bytes of the file.
    package let range: Range<Int64>
  }

  private let torrent: Torrent
  private let base: HTTPURL

  /// - Parameter base: the URL as the torrent has it: of a single file the file itself, or, with a slash at its end, the folder that holds it; of
  ///   several files the folder that holds the torrent's own folder.
  package init(_ torrent: Torrent, base: HTTPURL) { (self.torrent, self.base) = (torrent, base) }

  /// The parts of files that lie in the range of the artifact's bytes, in order. Padding is none.
  package func parts(of range: Range<Int64>) -> [Part] {
    let layout = torrent.layout
    return layout.files(in: range).compactMap { file in
      guard !layout.files[file].isPadding, layout.files[file].symlinkTarget == nil else { return nil }
      let begin = layout.fileOffsets[file]
      let part = max(range.lowerBound, begin)..<min(range.upperBound, begin + layout.files[file].length)
      guard !part.isEmpty, let url = url(of: file) else { return nil }
      return Part(file: file, url: url, range: part.lowerBound - begin..<part.upperBound - begin)
    }
  }

  /// The URL of a file.
  func url(of file: Int) -> HTTPURL? {
    if torrent.isSingleFile, !base.path.hasSuffix("/") { return base }
    guard let path = torrent.relativePath(ofFile: file) else { return nil }
    let folder = base.path.hasSuffix("/") ? base.path : base.path + "/"
    return base.replacing(path: folder + path.map(Self.escaped).joined(separator: "/"), query: base.query)
  }

  /// RFC 3986: whatever is not unreserved.
  private static func escaped(_ name: String) -> String {
    name.utf8.reduce(into: "") { text, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        text += (digits.count == 1 ? "%0" : "%") + digits
      }
    }
  }
}
