internal import PluginKit

/// What is wrong between the keys of `control`, `tls` and the rest: each is fine by itself by then.
enum ControlChecks {
  static func problems(_ root: RootSection) -> [Problem] {
    guard let control = root.control else { return [] }
    guard !control.listen.isEmpty else {
      let example = "listen: [{ address: \"127.0.0.1:6880\", tokens: FILE }]"
      return [control.spot.problem("it listens nowhere; write: \(example), or leave control out")]
    }
    var seen: Set<PeerAddress> = []
    return control.listen.flatMap { listener -> [Problem] in
      let address = listener.address.value.address
      let isTwice = address.port > 0 && !seen.insert(address).inserted
      return (isTwice ? [listener.spot.problem("\(address) stands here a second time")] : []) + problems(of: listener)
    }
  }

  /// What is no error: nobody is let in there.
  static func warnings(_ root: RootSection, file: String) -> [SettingsErrorLine] {
    (root.control?.listen ?? []).filter { listener in
      listener.tls != nil && (listener.identities ?? []).isEmpty && (listener.readers ?? []).isEmpty
    }.map { $0.spot.problem("its identities and readers are empty: nobody is let in there").line(in: file) }
  }

  private static func problems(of listener: ControlListenSection) -> [Problem] {
    guard let tls = listener.tls else { return problems(ofPlain: listener) }
    guard listener.identities != nil || listener.readers != nil else {
      let example = "identities: [\"\(tls.text)/dns:ci.corp\"]"
      return [listener.spot.problem("say who may do everything there, \(example), or who may ask, readers; an empty list allows nobody")]
    }
    let strangers = ((listener.identities ?? []) + (listener.readers ?? [])).filter { $0.pattern.trustEntry != tls.text }
    let tokens = listener.tokens.map { _ in [listener.spot.problem("with tls the certificate says who asks: leave tokens out")] } ?? []
    return tokens
      + strangers.map { identity in
        identity.spot.problem("nobody proves '\(printable(identity.pattern.description))' there: its trust entry is not '\(tls.text)'")
      }
  }

  /// A token on a plain link can be read by anybody on its way: it stays on this machine.
  private static func problems(ofPlain listener: ControlListenSection) -> [Problem] {
    let address = listener.address.value.address
    guard address.ip.isLoopback else {
      return [listener.spot.problem("\(address) is beyond loopback and needs tls: name an entry, and the identities that may ask there")]
    }
    guard listener.identities == nil, listener.readers == nil else {
      return [listener.spot.problem("a plain link proves no identity: name an entry with tls, or write tokens in their place")]
    }
    guard listener.tokens == nil else { return [] }
    return [listener.spot.problem("whoever is on this machine could ask there: name an entry with tls, or a file of tokens")]
  }
}
