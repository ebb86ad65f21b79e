import PluginKit
import Settings
import Testing

struct AnnounceSettingsTests {
  private static let listen = "listen: [{ address: \"0.0.0.0:6881\" }]\nopen: true\n"
  private static let tls = "tls: { fleet: { certificate: c, key: k, trust: t } }\nopen: true\n"

  /// How peers of each family come to the first listener, as `ADDRESS PORT` with - for what is not said.
  private func ways(_ yaml: String, listener: Int = 0) throws -> [String] {
    let settings = try load(yaml)
    return [IPAddress.Family.v4, .v6].map { family in
      let way = settings.listen[listener].announced.way(of: family)
      return "\(way.ip?.description ?? "-") \(way.port?.description ?? "-")"
    }
  }

  @Test(
    "An address, a port, or both, of one family or of each",
    arguments: [
      ("~", "- -", "- -"), ("203.0.113.7", "203.0.113.7 -", "- -"), ("203.0.113.7:16881", "203.0.113.7 16881", "- -"),
      ("16881", "- 16881", "- 16881"), ("\"16881\"", "- 16881", "- 16881"), ("\"2001:db8::7\"", "- -", "2001:db8::7 -"),
      ("\"[2001:db8::7]\"", "- -", "2001:db8::7 -"), ("\"[2001:db8::7]:7\"", "- -", "2001:db8::7 7"),
      ("[203.0.113.7:16881, \"2001:db8::7\"]", "203.0.113.7 16881", "2001:db8::7 -"),
      ("[\"2001:db8::7\", 203.0.113.7, 16881]", "203.0.113.7 16881", "2001:db8::7 16881"), ("127.0.0.9:1", "127.0.0.9 1", "- -"),
    ])
  func forms(value: String, v4: String, v6: String) throws {
    #expect(try ways(Self.listen + "announce-address: \(value)\n") == [v4, v6])
  }

  @Test("What a listener says counts before what is said for all of them")
  func ofOneListener() throws {
    let yaml = """
      open: true
      announce-address: [203.0.113.7, "2001:db8::7"]
      listen:
        - { address: "0.0.0.0:6881", announce-address: 16881 }
        - { address: "0.0.0.0:6882", announce-address: [203.0.113.8:16882] }
        - { address: "0.0.0.0:6883" }
      """
    #expect(try ways(yaml) == ["203.0.113.7 16881", "2001:db8::7 16881"])
    #expect(try ways(yaml, listener: 1) == ["203.0.113.8 16882", "2001:db8::7 -"])
    #expect(try ways(yaml, listener: 2) == ["203.0.113.7 -", "2001:db8::7 -"])
    let both = "announce-address: 203.0.113.7:1\nopen: true\nlisten: [{ address: \"0.0.0.0:6881\", announce-address: 2 }]\n"
    #expect(try ways(both) == ["203.0.113.7 2", "- 2"])
  }

  private static let expected = "expected an address, ADDRESS:PORT, or a port such as 203.0.113.7, \"[2001:db8::7]:16881\" or 16881, found"

  @Test(
    "What nobody could dial is told where it stands",
    arguments: [
      ("0", "'0'; a port that peers come to is a number from 1 to 65535"),
      ("65536", "'65536'; a port that peers come to is a number from 1 to 65535"),
      ("203.0.113.7:0", "'203.0.113.7:0'; a port that peers come to is a number from 1 to 65535"),
      ("203.0.113.7:99999", "'203.0.113.7:99999'; a port that peers come to is a number from 1 to 65535"),
      ("0.0.0.0:6881", "'0.0.0.0:6881'; nobody can dial every address: write the one that peers reach"),
      ("\"::\"", "'::'; nobody can dial every address: write the one that peers reach"),
      ("239.1.1.1", "'239.1.1.1'; it is not one machine's"), ("\"ff02::1\"", "'ff02::1'; it is not one machine's"),
      ("255.255.255.255:1", "'255.255.255.255:1'; it is not one machine's"),
      ("depot.corp:6881", "'depot.corp:6881'; trackers and peers take addresses: names are not resolved here, write the address"),
      ("depot", "'depot'; trackers and peers take addresses: names are not resolved here, write the address"),
      ("\"fe80::1%eth0\"", "'fe80::1%eth0'; an address with a zone is not supported"), ("\"\"", "''"), ("true", "true"),
      ("[]", "an empty list"),
    ])
  func faults(value: String, found: String) {
    #expect(problems(Self.listen + "announce-address: \(value)\n") == ["n.yaml:3:19: announce-address: \(Self.expected) \(found)"])
  }

  @Test("A second address of a family, and a second port, are told where they stand")
  func repetitions() {
    #expect(
      problems(Self.listen + "announce-address: [203.0.113.7, 203.0.113.8, 1, 2]\n") == [
        "n.yaml:3:33: announce-address: there is an IPv4 address already: a node is reached at one of each family",
        "n.yaml:3:49: announce-address: there is a port already",
      ])
  }

  @Test("A port for all of several listeners cannot be meant")
  func sharedPort() {
    let yaml = "listen: [{ address: \"127.0.0.1:1\" }, { address: \"127.0.0.1:2\" }]\nannounce-address: 203.0.113.7:3\n"
    #expect(
      problems(yaml) == [
        "n.yaml:2:19: announce-address: a port is one listener's, and there are several: write it beside that listener's address, as "
          + "announce-address"
      ])
  }

  @Test("A catalogue is not announced")
  func notTheCatalogue() {
    let catalogue = "catalogue: { key: k, listen: [{ address: \"127.0.0.1:7\", announce-address: 1 }] }\n"
    #expect(problems(Self.listen + catalogue).first?.contains("unknown key 'announce-address'") == true)
  }

  @Test("announce-links is a word, or rules by artifact")
  func links() throws {
    #expect(try load(Self.listen).announceLinks.isEmpty)
    #expect(try load(Self.listen + "announce-links: both\n").announceLinks == [.init(artifacts: nil, links: .both)])
    let rules = try load(Self.listen + "announce-links: [{ artifacts: [\"secret-*\"], links: tls }, { artifacts: [\"*\"], links: both }]\n")
    #expect(rules.announceLinks == [.init(artifacts: ["secret-*"], links: .tls), .init(artifacts: ["*"], links: .both)])
    #expect(
      problems(Self.listen + "announce-links: all\n") == [
        "n.yaml:3:17: announce-links: expected plain, tls, both or a list of { artifacts, links }, found 'all'"
      ])
    #expect(
      problems(Self.listen + "announce-links: [{ artifacts: [a], links: ssl }]\n") == [
        "n.yaml:3:43: announce-links[0].links: expected one of plain, tls, both, found 'ssl'"
      ])
    #expect(problems(Self.listen + "announce-links: [{ links: tls }]\n").count == 1)
  }

  @Test("What can be announced nowhere is told of")
  func warnings() throws {
    let secure = "listen: [{ address: \"0.0.0.0:6881\", tls: fleet }]\n" + Self.tls + "announce-links: tls\n"
    #expect(try load(secure).warnings.isEmpty)
    let lines = try load(Self.listen + "announce-links: tls\n").warnings.map(\.description)
    #expect(
      lines == [
        "n.yaml:3:17: announce-links: no listener has an entry of tls: what is announced over TLS alone is not announced"
      ])
  }
}
