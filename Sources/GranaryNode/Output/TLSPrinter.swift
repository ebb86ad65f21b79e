import Control

/// Shows what `status` says of TLS.
enum TLSPrinter {
  static func lines(_ document: TLSDocument?) -> [String] {
    guard let document, !document.entries.isEmpty || document.sslTorrents > 0 else { return [] }
    var lines = document.links == "tls" ? ["no links but over TLS"] : []
    lines += document.entries.map(line)
    if document.sslTorrents > 0 {
      let without = document.sslTorrentsWithoutCertificate
      lines.append("\(document.sslTorrents) SSL torrents" + (without > 0 ? ", \(without) of them without a certificate" : ""))
    }
    return lines
  }

  private static func line(_ entry: TLSDocument.Entry) -> String {
    var line = "TLS \(entry.name): \(escaped(entry.subject)), \(entry.daysLeft) days left"
    if let days = entry.revocationDaysLeft { line += ", revocation list \(days) days left" }
    if let torrents = entry.torrents { line += ", \(torrents) SSL torrents" }
    return line
  }
}
