import Control
import Engine
import Inventory
import PluginKit
import Settings
import Synchronization

/// What the node holds, and on what.
extension NodeMetrics {
  func inventory(_ seen: BoundedLook<NodeSight.Stock>.Seen) -> [MetricFamily] {
    var families: [MetricFamily] = [
      .gauge("granary_inventory_up", "Whether the inventory answers in time.", MetricValue(seen.isUp)),
      .gauge(
        "granary_inventory_writable", "Whether what happens can be written to the inventory.", MetricValue(sight.writingProblem == nil)),
      .gauge("granary_artifacts_serving", "Artifacts that peers can be served.", MetricValue(node.engine.totals.artifacts)),
      .gauge("granary_artifacts_out_of_service", "Artifacts that are looked at until they are back.", MetricValue(outOfService)),
    ]
    guard let stock = seen.value, let at = seen.at else { return families }
    let states = ArtifactState.allCases
    families += [
      .gauge(
        "granary_inventory_age_seconds", "How old what is shown of the inventory is.",
        MetricValue(max(0, (ContinuousClock.now - at) / .seconds(1)))),
      .gauge(
        "granary_artifacts", "Artifacts by their state.",
        samples: states.map { .init(MetricValue(stock.sums[$0]?.count ?? 0), .init("state", $0.rawValue)) }),
      .gauge(
        "granary_artifacts_bytes", "Content of artifacts by their state.",
        samples: states.map { .init(MetricValue(stock.sums[$0]?.size ?? 0), .init("state", $0.rawValue)) }),
    ]
    return families
  }

  private var outOfService: Int { node.care.withLock { $0.book.count } }

  func disk(_ disks: BoundedLook<[ReadinessFacts.Disk]>.Seen, _ stock: BoundedLook<NodeSight.Stock>.Seen) -> [MetricFamily] {
    var families: [MetricFamily] = [
      .gauge("granary_filesystem_up", "Whether the file systems of the node's folders answer in time.", MetricValue(disks.isUp)),
      .gauge(
        "granary_filesystem_free_bytes", "Room on the file system of a folder.",
        samples: (disks.value ?? []).map { .init(MetricValue($0.free), .init("path", $0.path)) }),
      .gauge(
        "granary_filesystem_size_bytes", "Size of the file system of a folder.",
        samples: (disks.value ?? []).map { .init(MetricValue($0.size), .init("path", $0.path)) }),
    ]
    if let disk = node.settings.disk {
      families += [
        .gauge("granary_disk_budget_bytes", "How much of artifacts may lie there: disk.max.", MetricValue(disk.max.bytes)),
        .gauge(
          "granary_disk_budget_high_ratio", "Where so much of it is used, artifacts go: disk.high.",
          MetricValue(Double(disk.high.value) / 100)),
      ]
    }
    return families
  }

  /// The scrub and the patrol.
  var care: [MetricFamily] {
    let (scrub, walk) = node.care.withLock { ($0.scrub, $0.walk) }
    return [
      .counter("granary_scrub_artifacts_total", "Artifacts that were read again and compared.", MetricValue(scrub.artifacts)),
      .counter("granary_scrub_bytes_total", "What was read for that.", MetricValue(scrub.bytes)),
      .counter("granary_scrub_damaged_artifacts_total", "Artifacts that did not verify any more.", MetricValue(scrub.damaged)),
      .counter("granary_patrol_artifacts_total", "Artifacts whose files were looked at for changes.", MetricValue(walk.looked)),
      .counter("granary_patrol_rounds_total", "How often that went round.", MetricValue(walk.rounds)),
    ]
  }

  /// Read leases, and windows on files.
  var leases: [MetricFamily] {
    guard let leases = node.leasesDocument() else { return [] }
    return [
      .gauge("granary_leases", "Read leases that are held.", MetricValue(leases.held)),
      .counter("granary_leases_taken_total", "Read leases that were taken.", MetricValue(leases.taken)),
      .counter("granary_leases_broken_total", "Read leases that another program has broken.", MetricValue(leases.broken)),
      .counter(
        "granary_leases_refused_total", "Files that were served without a lease.",
        samples: [
          .init(MetricValue(leases.beingWritten), .init("reason", "being_written")),
          .init(MetricValue(leases.notOurs), .init("reason", "not_ours")),
          .init(MetricValue(leases.unsupported), .init("reason", "unsupported")),
        ]),
      .gauge("granary_windows", "Parts of files that are sent from locked memory.", MetricValue(leases.windows)),
      .gauge("granary_windows_bytes", "Memory that is locked for them.", MetricValue(leases.windowBytes)),
      .gauge("granary_windows_limit_bytes", "Memory that may be locked for them.", MetricValue(leases.windowBytesMost)),
    ]
  }
}
