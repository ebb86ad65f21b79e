import Catalogue
import Control
import Engine
import HTTPClient
import Inventory
import PluginKit
import Tracker

/// Certificates, trackers, catalogues, and what is written down.
extension NodeMetrics {
  var links: [MetricFamily] {
    let (news, ends) = (node.engine.linkNews, node.links.ends)
    return [
      .gauge(
        "granary_certificate_expiry_timestamp_seconds", "When the node's certificate of an entry of tls ends.",
        samples: ends.map { .init(MetricValue($0.certificate), .init("entry", $0.entry)) }),
      .gauge(
        "granary_revocation_list_expiry_timestamp_seconds", "When the first authority of an entry is without a list.",
        samples: ends.compactMap { end in end.lists.map { .init(MetricValue($0), .init("entry", end.entry)) } }),
      .counter(
        "granary_tls_links_total", "TLS links with peers that have stood.",
        samples: MetricFamily.Sample.each("entry", news.stood.merging(ends.map { ($0.entry, 0) }) { $0 + $1 })),
      .counter(
        "granary_tls_failures_total", "TLS links with peers that came to nothing.", samples: MetricFamily.Sample.each("reason", news.failed)
      ),
    ]
  }

  func announces(_ seen: BoundedLook<AnnounceTally.Counts>.Seen) -> [MetricFamily] {
    guard let counts = seen.value else { return [] }
    return [
      .counter(
        "granary_tracker_announces_total", "Announces to trackers.",
        samples: [
          .init(MetricValue(counts.failed), .init("result", "failure")), .init(MetricValue(counts.succeeded), .init("result", "success")),
        ]),
      .gauge("granary_trackers", "Trackers that were announced to of late.", MetricValue(counts.trackers)),
      .gauge("granary_trackers_failing", "Those whose last announce failed.", MetricValue(counts.failing)),
    ]
  }

  /// The tracker in the node.
  var ownTracker: [MetricFamily] {
    guard let figures = node.tracking?.tracker.figures else { return [] }
    return [
      .gauge("granary_own_tracker_swarms", "Swarms with peers in the node's own tracker.", MetricValue(figures.swarms)),
      .gauge("granary_own_tracker_peers", "Peers that it knows.", MetricValue(figures.peers)),
      .gauge("granary_own_tracker_seeders", "Those that have everything.", MetricValue(figures.seeders)),
      .counter("granary_own_tracker_announces_total", "Announces that it answered.", MetricValue(figures.announces)),
      .counter("granary_own_tracker_scrapes_total", "Scrapes that it answered.", MetricValue(figures.scrapes)),
      .counter("granary_own_tracker_refused_total", "What it refused.", MetricValue(figures.refused)),
      .counter("granary_own_tracker_turned_away_total", "Peers that there was no room for.", MetricValue(figures.turnedAway)),
    ]
  }

  static func catalogues(_ seen: BoundedLook<NodeSight.Catalogues>.Seen) -> [MetricFamily] {
    guard let catalogues = seen.value else { return [] }
    // Two of one host are told apart by their place in the file.
    let mirrors = catalogues.followed.enumerated().map { index, one in
      (labels: MetricFamily.Label("catalogue", "\(index):\(one.url.scheme.rawValue)://\(one.url.authority)"), one: one)
    }
    var families: [MetricFamily] = [
      .gauge(
        "granary_mirror_up", "Whether a catalogue is followed now.",
        samples: mirrors.map { .init(MetricValue($0.one.problem == nil), $0.labels) }),
      .gauge(
        "granary_mirror_failures", "Times in a row that it could not be had or was refused.",
        samples: mirrors.map { .init(MetricValue($0.one.failures), $0.labels) }),
      .gauge(
        "granary_mirror_serial", "The number of the list that was accepted last.",
        samples: mirrors.compactMap { mirror in mirror.one.serial.map { .init(MetricValue($0), mirror.labels) } }),
      .gauge(
        "granary_mirror_catalogue_timestamp_seconds", "When that list was signed.",
        samples: mirrors.compactMap { mirror in mirror.one.date.map { .init(MetricValue($0), mirror.labels) } }),
    ]
    if let published = catalogues.published {
      families += [
        .gauge("granary_catalogue_artifacts", "Artifacts in the node's own catalogue.", MetricValue(published.artifacts)),
        .gauge("granary_catalogue_serial", "The number of the list that was signed last.", MetricValue(published.serial)),
        .gauge("granary_catalogue_timestamp_seconds", "When the node's own catalogue was made.", MetricValue(published.date)),
      ]
    }
    return families
  }

  var journal: [MetricFamily] {
    let (journal, pending) = (node.journal.writer.status, node.pending.status)
    return [
      .counter("granary_journal_rows_total", "Entries of the journal that were stored.", MetricValue(journal.stored)),
      .counter("granary_journal_merged_total", "Entries that were counted in an equal one's row.", MetricValue(journal.merged)),
      .counter("granary_journal_pruned_total", "Rows that were forgotten for newer ones.", MetricValue(journal.pruned)),
      .counter("granary_journal_dropped_total", "Entries that were lost.", MetricValue(journal.dropped)),
      .gauge("granary_journal_waiting", "Entries that wait to be stored.", MetricValue(journal.pending)),
      .counter(
        "granary_transfers_dropped_bytes_total", "Transfers that were lost for the ledger.", MetricValue(node.ledger.status.droppedBytes)),
      .gauge("granary_pending_waiting", "Wishes of peers that no rule is about, and that wait to be stored.", MetricValue(pending.waiting)),
      .counter("granary_pending_dropped_total", "Wishes that were not kept.", MetricValue(pending.dropped)),
      .counter("granary_pending_forgotten_total", "Wishes that were forgotten for others.", MetricValue(pending.forgotten)),
    ]
  }
}
