import Control
import Foundation

/// What `status --watch` draws each second. A value: lines of at most so many columns, at most so many.
struct StatusScreen: Sendable {
  /// What a terminal has room for.
  struct Size: Sendable, Hashable {
    var columns = 80
    var rows = 24
  }

  private var nodeRates = RateBook<Bool>()
  private var peerRates = RateBook<UInt64>()
  private static let most = 3

  /// - Parameter moment: when the documents came.
  mutating func lines(_ status: StatusDocument, _ peers: PeersDocument, at moment: ContinuousClock.Instant, in size: Size) -> [String] {
    let total = nodeRates.rates([true: .init(up: status.uploaded, down: status.downloaded)], at: moment)[true]
    let counts = Dictionary(peers.peers.map { ($0.number, RateBook<UInt64>.Count(up: $0.uploaded, down: $0.downloaded)) }) { $1 }
    let rates = peerRates.rates(counts, at: moment)
    let head = Self.head(status, total)
    let warnings = Self.shortened(status.warnings.map { "! \(escaped($0))" })
    let room = max(0, size.rows - head.count - warnings.count - 3)
    let busiest = peers.peers.sorted { Self.rank($0, rates) > Self.rank($1, rates) }
    let rows = busiest.prefix(room).map { Self.row($0, rates[$0.number]) }
    let left = busiest.count - rows.count
    let more = left > 0 ? ["… and \(left) more peers"] : []
    let table = rows.isEmpty ? ["no peers"] : [Self.title] + rows + more
    return (head + warnings + [""] + table).prefix(max(1, size.rows)).map { String($0.prefix(max(1, size.columns))) }
  }

  private static func head(_ status: StatusDocument, _ rate: RateBook<Bool>.Rate?) -> [String] {
    let speed = rate.map { "up \(ByteText.describe($0.up))/s, down \(ByteText.describe($0.down))/s" } ?? "…"
    return [
      "\(escaped(status.node))  \(status.ready ? "ready" : "starting")  up \(status.uptime) s  process \(status.pid)",
      "\(speed)  (\(ByteText.describe(status.uploaded)) up, \(ByteText.describe(status.downloaded)) down since the start)",
      "\(status.serving) of \(status.artifacts) artifacts in service, \(status.peers) peers, policy generation \(status.policyGeneration)",
    ]
  }

  private static func shortened(_ lines: [String]) -> [String] {
    lines.count > most ? lines.prefix(most) + ["! and \(lines.count - most) further warnings: granary status"] : lines
  }

  private static func rank(_ peer: PeersDocument.Peer, _ rates: [UInt64: RateBook<UInt64>.Rate]) -> (Int64, Int64, UInt64) {
    let rate = rates[peer.number]
    return ((rate?.up ?? 0) + (rate?.down ?? 0), peer.uploaded + peer.downloaded, peer.number)
  }

  private static let title = row(["up", "down", "state", "principal", "artifact", "client"])

  private static func row(_ peer: PeersDocument.Peer, _ rate: RateBook<UInt64>.Rate?) -> String {
    row([
      rate.map { "\(ByteText.describe($0.up))/s" } ?? "…", rate.map { "\(ByteText.describe($0.down))/s" } ?? "…",
      peer.phase == "active" ? (peer.choked ? "choked" : "unchoked") : peer.phase, escaped(peer.principal), escaped(peer.artifact ?? "-"),
      escaped(peer.client ?? "-"),
    ])
  }

  private static func row(_ cells: [String]) -> String {
    zip(cells, [12, 12, 10, 32, 28, 0]).map { fit($0, $1) }.joined()
  }

  /// The cell in a column of its own; 0: the rest of the line.
  private static func fit(_ cell: String, _ width: Int) -> String {
    if width == 0 { return cell }
    if cell.count >= width { return "\(cell.prefix(width - 2))… " }
    return cell + String(repeating: " ", count: width - cell.count)
  }
}
