import Metainfo
import PluginKit

/// Announce keys: secrets in the path of an announce URL (`/KEY/announce`), each of which stands for an identity `tracker/key:NAME`.
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

  /// Whether HTTP announces need one.
  package var isEmpty: Bool { identities.isEmpty }

  package func identity(of key: [UInt8]) -> Identity? { identities[SHA256Digest.hash(of: key)] }
}
