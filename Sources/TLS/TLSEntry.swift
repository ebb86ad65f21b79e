import OpenSSL
import Synchronization

/// Somebody whom links are trusted by, with what we show on them: a fleet's authority, or an SSL torrent's. What is behind it may be
/// replaced: new links use the new, live ones can be judged by it.
package final class TLSEntry: Sendable {
  private struct State {
    var party: TLSParty
    var generation: UInt64 = 1
  }

  /// What identities are prefixed with: the entry's name in the configuration, or `torrent:` with an info-hash.
  package let name: String
  private let state: Mutex<State>

  /// - Parameter requiredName: the name that peers' certificates must bear, by libtorrent's rule; nil where policy looks at names.
  /// - Parameter hostName: the host that they must be for, by the rule of https.
  package init(name: String, context: TLSContext, requiredName: String? = nil, hostName: String? = nil) {
    self.name = name
    state = Mutex(State(party: TLSParty(context: context, requiredName: requiredName, hostName: hostName)))
  }

  /// What new links are made with.
  package var party: TLSParty { state.withLock { $0.party } }
  /// What new links are made with, without the name.
  package var context: TLSContext { party.context }
  /// How often it was made or replaced, from 1.
  package var generation: UInt64 { state.withLock { $0.generation } }

  /// What new links are made with, and which generation of it that is.
  var current: (party: TLSParty, generation: UInt64) { state.withLock { ($0.party, $0.generation) } }

  /// From now on new links are made with this.
  package func replace(context: TLSContext) {
    state.withLock { state in
      state.party = TLSParty(context: context, requiredName: state.party.requiredName, hostName: state.party.hostName)
      state.generation += 1
    }
  }

  /// Judges a live link as if it were made at this moment, in seconds since 1970; gives the last at which that stays so.
  package func judge(_ link: TLSLink, at moment: Int64) throws(CertificateRejection) -> Int64 {
    try party.judge(link.shown, as: link.role, at: moment).validUntil
  }
}
