import Foundation
import TestSupport
import Testing

extension Interop {
  /// The status page, in a browser, of nodes with real peers.
  @Suite struct StatusPageTests {
    /// A node with a page.
    private struct Watched {
      let host: GranaryHost
      let url: String

      init(_ configuration: GranaryConfiguration) throws {
        let port = try FreePort.pick()
        var configuration = configuration
        configuration.extra.append("http: { listen: [{ address: \"127.0.0.1:\(port)\" }], page: true }")
        host = try GranaryHost(configuration)
        url = "http://127.0.0.1:\(port)/"
      }
    }

    /// A node that serves slowly, in plain to one address and over TLS to its fleet, and a replica of the fleet that fetches from it.
    private struct Fleet {
      let pki: FleetPKI
      let depot: Watched
      let replica: Watched

      init() async throws {
        pki = try await FleetPKI.make(members: ["depot", "edge"])
        depot = try Watched(Self.configuration("depot", pki) { $0.extra.append("limits: { upload: 512 KiB/s }") })
        replica = try Watched(Self.configuration("edge", pki) { $0.extra.append("links: tls") })
      }

      /// Plain on one address, TLS on the next.
      static func configuration(_ member: String, _ pki: FleetPKI, _ change: (inout GranaryConfiguration) -> Void) -> GranaryConfiguration {
        var sections = TLSSections()
        sections.fleet = pki.fleet(member)
        var configuration = GranaryConfiguration.securing("fleet", sections: sections)
        if member == "depot" { configuration.listen = ["127.0.0.1:0"] }
        configuration.allow = ["127.0.0.1", "127.0.0.2"]
        change(&configuration)
        return configuration
      }
    }

    /// Twenty bytes that would be an element, were they markup.
    private static let hostileID = "<img src=x onload=1>"
    private static let hostileName = "<img src=x onerror=document.title=1><b>app"

    /// An expression: whether the page shows the text in a section.
    private static func shows(_ text: String, in section: String) throws -> String {
      let literal = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
      return "document.querySelector(\"#\(section)\").innerText.includes(\(literal))"
    }

    @Test func `a node's artifacts, peers and refusals are on its page, as text, on a phone as on a desk, and it goes on by itself`()
      async throws
    {
      let fleet = try await Fleet()
      let (depot, replica) = (fleet.depot.host, fleet.replica.host)
      let artifact = try await depot.publish(
        try Artifacts.file(48 << 20, in: depot.folder, named: "data/" + Self.hostileName))
      let node = try await depot.start()
      let stranger = try await RawPeer.dial(node.endpoint("127.0.0.1"))
      await stranger.send(
        Array(PeerBytes.handshake(infoHash: PeerBytes.hex(artifact.handshakeHash)).dropLast(20)) + Array(Self.hostileID.utf8))
      #expect(try await stranger.bytes(PeerBytes.handshakeLength) != nil)
      await stranger.send(id: PeerBytes.ID.haveNone)
      try replica.configure(
        Fleet.configuration("edge", fleet.pki) {
          $0.extra += [
            "peers: [{ address: \"\(node.endpoint("127.0.0.2"))\", tls: fleet }]",
            "http: { listen: [{ address: \"\(fleet.replica.url.dropFirst(7).dropLast())\" }], page: true }",
          ]
        })
      let follower = try await replica.start()
      let fetching = try replica.fetching(artifact.torrent, from: []).start()

      // Dark, and as narrow as phones are; open before the refusal that it is to show.
      let page = try ChromiumPage(
        fleet.depot.url, before: ["size=360x740", "scheme=dark"],
        [
          "wait=" + Self.shows(Self.hostileName, in: "artifacts"), "wait=" + Self.shows("fleet/spiffe://corp/edge", in: "peers"),
          "wait=" + Self.shows(Self.hostileID, in: "peers"), "wait=" + Self.shows("TLS, fleet", in: "peers"),
          "wait=" + Self.shows("Nobody has been refused", in: "refusals"), "wait=document.querySelector('#runs tbody tr')",
          "wait=document.querySelector('#certificates tbody tr')", "wait=/MiB.s|KiB.s/.test(document.querySelector('#figures').innerText)",
          "wait=document.querySelector('#chart .up-line')", ChromiumPage.overflow, "print='open'",
          "wait=" + Self.shows("127.66.0.1", in: "latest"), "wait=" + Self.shows("allowlist", in: "reasons"),
          "print=document.querySelector('#latest tbody tr').innerText", ChromiumPage.overflow,
        ] + ChromiumPage.picture("depot-phone-dark") + [
          "size=1280x900", "scheme=light", "print=getComputedStyle(document.body).backgroundColor", "click=#artifacts .fold",
          "wait=document.querySelector('.close .grid')", "wait=" + Self.shows(artifact.infoHashV1 ?? "?", in: "artifacts"),
          ChromiumPage.overflow, "print=document.title", "print=String(document.querySelectorAll('main img, main b').length)",
        ] + ChromiumPage.picture("depot-desk-light") + ["scheme=dark", "print=getComputedStyle(document.body).backgroundColor"])
      try await page.wait(values: 2)
      let refused = try await RawPeer.dial(node.endpoint("127.0.0.1"), from: "127.66.0.1")
      #expect(try await refused.isHungUp())
      let report = try await page.finish()
      let values = report.values
      try #require(values.count == 9, "\(values)")
      #expect(values[0] == "0" && values[1] == "open" && values[3] == "0" && values[5] == "0", "\(values)")
      #expect(values[2].contains("127.66.0.1") && values[2].contains("connect") && values[2].contains("allowlist"), "\(values[2])")
      #expect(values[6] == "interop" && values[7] == "0", "\(values)")
      #expect(values[4] != values[8], "dark is light: \(values)")
      #expect(report.problems == [] && report.foreign == [], "\(report)")

      // What is being fetched shows which of its pieces are there, and what the swarm has.
      let other = try await ChromiumPage(
        fleet.replica.url, before: ["size=1280x900", "scheme=light"],
        [
          "wait=" + Self.shows("fetching", in: "artifacts"), "wait=document.querySelector('#artifacts .strip rect')",
          "wait=" + Self.shows("fleet/spiffe://corp/depot", in: "peers"), "wait=" + Self.shows("outbound", in: "peers"),
          "click=#artifacts .fold", "wait=" + Self.shows("1 connected peer", in: "artifacts"),
          "wait=/ left · .*(B.s|nothing)/.test(document.querySelector('#artifacts').innerText)", ChromiumPage.overflow,
        ] + ChromiumPage.picture("replica-desk-light")
      ).finish()
      #expect(other.values == ["0"] && other.problems == [] && other.foreign == [], "\(other)")

      await fetching.kill()
      try await follower.terminate()
      try await node.terminate()
    }

    @Test func `the page finds, pages and says what is not there; keys reach all of it`() async throws {
      let watched = try Watched(GranaryConfiguration())
      let empty = try await watched.host.start()
      let first = try await ChromiumPage(
        watched.url,
        [
          "wait=" + Self.shows("Nothing is kept here yet", in: "artifacts"), "wait=" + Self.shows("Nobody is connected", in: "peers"),
          "wait=" + Self.shows("there is no certificate", in: "certificates"), "wait=" + Self.shows("it runs", in: "runs"),
        ] + ChromiumPage.picture("empty")
      ).finish()
      #expect(first.problems == [] && first.foreign == [])
      for number in 0..<55 {
        try watched.host.folder.write(Array("the bytes of app \(number)".utf8), to: "data/app-\(number)")
        _ = try await watched.host.publish(watched.host.folder.path("data/app-\(number)"))
      }
      let report = try await ChromiumPage(
        watched.url, before: ["size=1280x900"],
        [
          "wait=document.querySelectorAll('#artifacts tbody tr').length === 50",
          "print=document.querySelector('#artifacts .pager').innerText",
          "click=#artifacts .pager button:last-child", "wait=document.querySelectorAll('#artifacts tbody tr').length === 5",
          "type=#artifacts input=app-54", "wait=document.querySelectorAll('#artifacts tbody tr').length === 1",
          "print=document.querySelector('#artifacts tbody').innerText.split('\\n')[0]",
          "type=#artifacts input=nothing", "wait=" + Self.shows("No artifact is like that", in: "artifacts"),
          // By keys alone: from the search over the order's list to a row, which unfolds.
          "print=(document.querySelector('#artifacts input').value = '', document.querySelector('#artifacts form').requestSubmit(), '')",
          "wait=document.querySelectorAll('#artifacts tbody tr').length === 50", "key=Tab", "key=Tab", "key=Tab",
          "print=document.activeElement.className", "key=Enter", "wait=document.querySelector('#artifacts .close')",
          "print=getComputedStyle(document.activeElement).outlineStyle",
        ]
      ).finish()
      #expect(report.values.first?.contains("1–50 of 55") == true, "\(report)")
      #expect(report.values.dropFirst() == ["app-54", "", "fold", "solid"], "\(report)")
      #expect(report.problems == [] && report.foreign == [], "\(report)")
      try await empty.terminate()
    }

    @Test func `a node that does not answer any more leaves a page that says how old it is, and comes back`() async throws {
      let watched = try Watched(GranaryConfiguration())
      let node = try await watched.host.start()
      let page = try ChromiumPage(
        watched.url,
        [
          "wait=" + Self.shows("it runs", in: "runs"), "print='open'",
          "wait=/cannot be reached.* old, of /.test(document.querySelector('#stale').innerText)",
          "print=document.title", "wait=document.querySelector('#stale').hidden", "print=document.title",
        ])
      try await page.wait(values: 1)
      try await node.terminate()
      try await page.wait(values: 2)
      let again = try await watched.host.start()
      let report = try await page.finish()
      #expect(report.values == ["open", "(stale) interop", "interop"])
      try await again.terminate()
    }
  }
}
