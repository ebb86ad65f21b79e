import Metainfo
import PluginKit

/// Announce keys: secrets in the path of a URL (`/KEY/announce`, `/KEY/catalogue`), each of which stands for an identity `tracker/key:NAME`.
package struct AnnounceKeys: Sendable {
  /// The trust under which their identities are known.
  package static let trust = "tracker"

  /// By digest, so that how long a search takes says nothing of a key's characters.
  private let identities: [SHA256Digest: Identity]

  package init(_ keys: [(name: String, key: String)] = []) {
    identities = Dictionary(
      keys.map { (SHA256Digest.hash(of: Array($0.key.utf8)), Identity(trust: Self.trust, name: "key:\($0.name)")) }
    ) { first, _ in first }
  }

  /// Who asks with this key in the path, or with none: what the link proves, and after it what the key does. Nil for whoever is told nothing: a
  /// key that is wrong, or lacks where there are any.
  package func identities(showing key: [UInt8]?, proven: [Identity]) -> [Identity]? {
    guard key != nil || !identities.isEmpty else { return proven }
    return key.flatMap { identities[SHA256Digest.hash(of: $0)] }.map { proven + [$0] }
  }
}
