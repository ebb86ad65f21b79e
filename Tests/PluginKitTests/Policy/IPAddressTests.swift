import PluginKit
import Testing

struct IPAddressTests {
  @Test(arguments: [
    ("10.0.0.1", "10.0.0.1"), ("fd00::1", "fd00::1"), ("FD00:0:0:0:0:0:0:1", "fd00::1"), ("::ffff:10.0.0.1", "10.0.0.1"),
    ("fe80::1%eth0", "fe80::1"), ("0.0.0.0", "0.0.0.0"), ("::", "::"),
  ])
  func textIsReadAndWrittenInItsUsualForm(text: String, written: String) throws {
    #expect(try #require(IPAddress(text)).description == written)
  }

  @Test(arguments: ["", "10.0.0", "10.0.0.256", "10.0.0.1.2", "fd00::1::2", "host", "10.0.0.1/8", " 10.0.0.1", "10.0.0.1\0.evil"])
  func otherTextIsNoAddress(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func bytesMakeAnAddressOfFourOrSixteen() throws {
    #expect(IPAddress(bytes: [10, 0, 0, 1]) == IPAddress("10.0.0.1"))
    #expect(IPAddress(bytes: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 10, 0, 0, 1]) == IPAddress("10.0.0.1"))
    #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    let v6 = try #require(IPAddress("fd00:1:2::3"))
    #expect(v6.bytes.count == 16)
    #expect(IPAddress(bytes: v6.bytes) == v6)
  }

  @Test func loopbackIsKnownInBothFamilies() throws {
    #expect(try #require(IPAddress("127.8.9.1")).isLoopback)
    #expect(try #require(IPAddress("::1")).isLoopback)
    #expect(try #require(IPAddress("::ffff:127.0.0.1")).isLoopback)
    #expect(try !#require(IPAddress("128.0.0.1")).isLoopback)
    #expect(try !#require(IPAddress("::2")).isLoopback)
  }

  @Test(arguments: [
    ("255.255.255.255", 0, "0.0.0.0"), ("255.255.255.255", 9, "255.128.0.0"), ("255.255.255.255", 32, "255.255.255.255"),
    ("ffff:ffff:ffff:ffff:ffff::", 65, "ffff:ffff:ffff:ffff:8000::"), ("ffff:ffff:ffff:ffff:ffff::", 63, "ffff:ffff:ffff:fffe::"),
    ("ffff:ffff:ffff:ffff:ffff::", 64, "ffff:ffff:ffff:ffff::"), ("ffff::1", 128, "ffff::1"), ("ffff::1", 0, "::"),
  ])
  func maskKeepsTheFirstBits(text: String, bits: Int, masked: String) throws {
    #expect(try #require(IPAddress(text)).masked(to: bits).description == masked)
  }
}

struct IPNetworkTests {
  @Test(arguments: [
    ("10.20.0.0/16", "10.20.255.1", true), ("10.20.0.0/16", "10.21.0.0", false), ("10.0.0.7", "10.0.0.7", true),
    ("10.0.0.7", "10.0.0.6", false),
    ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "fd00::1", false), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
    ("::/0", "fe80::1", true), ("::/0", "10.0.0.1", false), ("fd00::/65", "fd00::7fff:0:0:1", true),
    ("fd00::/65", "fd00::8000:0:0:1", false),
    ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("::ffff:10.0.0.0/104", "10.9.9.9", true), ("::ffff:10.0.0.0/104", "11.0.0.0", false),
  ])
  func networkHoldsItsAddresses(network: String, address: String, isHeld: Bool) throws {
    #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == isHeld)
  }

  @Test(arguments: [
    "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "fd00::/129", "10.0.0.0/8x", "::ffff:10.0.0.0/24",
  ])
  func otherTextIsNoNetwork(text: String) {
    #expect(IPNetwork(text) == nil)
  }

  @Test(arguments: [
    ("10.1.2.3/16", true), ("10.1.0.0/16", false), ("10.1.2.3", false), ("fd00::1/64", true), ("fd00::/64", false), ("0.0.0.1/0", true),
    ("fd00:0:0:1::/63", true),
  ])
  func hostBitsAreSeen(text: String, hasHostBits: Bool) throws {
    let network = try #require(IPNetwork(text))
    #expect(network.hasHostBits == hasHostBits)
    #expect(!network.canonical.hasHostBits)
  }

  @Test func canonicalFormKeepsThePrefix() throws {
    #expect(try #require(IPNetwork("10.1.2.3/16")).canonical.description == "10.1.0.0/16")
  }
}

struct PeerAddressTests {
  @Test(arguments: [("10.0.0.1:6881", "10.0.0.1:6881"), ("[fd00::1]:1", "[fd00::1]:1"), ("[::ffff:10.0.0.1]:80", "10.0.0.1:80")])
  func textIsReadAndWritten(text: String, written: String) throws {
    #expect(try #require(PeerAddress(text)).description == written)
  }

  @Test(arguments: ["", "10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:-1", "fd00::1:6881", "[fd00::1]", "host:80", ":80"])
  func otherTextIsNoPeerAddress(text: String) {
    #expect(PeerAddress(text) == nil)
  }
}
