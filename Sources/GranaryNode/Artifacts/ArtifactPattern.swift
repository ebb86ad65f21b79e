import Foundation
import Metainfo

/// A name pattern with `*` and `?`, or a whole info-hash in hexadecimal.
struct ArtifactPattern: Sendable {
  private let text: String

  init(_ text: String) {
    self.text = text
  }

  func matches(name: String, infoHash: InfoHash) -> Bool {
    let hashes = [infoHash.v1?.description, infoHash.v2?.description]
    return hashes.contains(text.lowercased()) || fnmatch(text, name, 0) == 0
  }
}
