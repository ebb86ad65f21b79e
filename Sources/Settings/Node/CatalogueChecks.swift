internal import PluginKit

/// What is wrong between `catalogue`, `mirror`, `disk` and the rest: each is fine by itself by then.
enum CatalogueChecks {
  static func problems(_ root: RootSection) -> [Problem] {
    listeners(root) + mirrors(root) + disk(root)
  }

  private static func listeners(_ root: RootSection) -> [Problem] {
    guard let catalogue = root.catalogue else { return [] }
    var seen: Set<String> = []
    return catalogue.listen.flatMap { listener -> [Problem] in
      var problems: [Problem] = []
      if listener.tls == nil, root.links == .tls {
        problems.append(listener.spot.problem("a plain listener, but 'links: tls' says that this node never speaks plain"))
      }
      let address = "\(listener.address.value.address)"
      if listener.address.value.address.port > 0, !seen.insert(address).inserted {
        problems.append(listener.spot.problem("\(address) stands here a second time"))
      }
      return problems
    }
  }

  private static func mirrors(_ root: RootSection) -> [Problem] {
    var first: [String: MirrorSection] = [:]
    return (root.mirror ?? []).flatMap { mirror -> [Problem] in
      var problems: [Problem] = []
      switch (mirror.keys?.isEmpty ?? true, mirror.unsigned ?? false) {
      case (true, false):
        problems.append(mirror.spot.problem("write the keys that may sign it, keys: [\"…\"], or 'unsigned: true' to take it from anybody"))
      case (false, true): problems.append(mirror.spot.problem("'keys' and 'unsigned: true' contradict each other"))
      default: break
      }
      if mirror.to == nil, root.artifacts?.roots?.isEmpty ?? true {
        problems.append(
          mirror.spot.problem("there is no folder for what is fetched: write artifacts.roots, and 'to' where it is not the first"))
      }
      guard let other = first.updateValue(mirror, forKey: mirror.catalogue.text) else { return problems }
      first[mirror.catalogue.text] = other
      if !mirror.isFollowed(as: other) {
        problems.append(
          mirror.spot.problem(
            "the catalogue stands at \(other.place) already, with another keys, unsigned, every, max-age or paused: write the same in both")
        )
      }
      return problems
    }
  }

  private static func disk(_ root: RootSection) -> [Problem] {
    guard let disk = root.disk, let low = disk.low, low > disk.high ?? NodeSettings.Disk.defaultHigh else { return [] }
    return [disk.spot.problem("low is \(low), more than high, \(disk.high ?? NodeSettings.Disk.defaultHigh)")]
  }
}

extension MirrorSection {
  /// Whether both say the same of how the catalogue is followed, if not of what is taken.
  fileprivate func isFollowed(as other: MirrorSection) -> Bool {
    Set((keys ?? []).map(\.text)) == Set((other.keys ?? []).map(\.text)) && every?.value == other.every?.value
      && maximumAge == other.maximumAge && (paused ?? false) == (other.paused ?? false)
  }
}
