import Metainfo
import PluginKit

/// The last few different grants of one artifact: thousands of peers are granted the same, in the same words, and a part's bitfield may
/// have kilobytes.
struct SharedGrants {
  private static let kept = 8
  private var grants: [(grant: Grant, visible: Bitfield)] = []

  /// An equal grant that is known, or this one; and what it shows of the pieces, which are the same at every call.
  mutating func share(_ grant: Grant, of pieces: Bitfield) -> (grant: Grant, visible: Bitfield) {
    if let known = grants.first(where: { $0.grant == grant }) { return known }
    let fresh = (grant, grant.visible(pieces))
    if grants.count == Self.kept { grants.removeFirst() }
    grants.append(fresh)
    return fresh
  }
}
