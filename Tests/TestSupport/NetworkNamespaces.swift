import Foundation

/// Network namespaces of a test's own, joined by a bridge. Members have addresses that clients treat as those of strangers:
/// `10.77.0.N` and `fd00:77::N`, N from 1. Needs root.
package struct NetworkNamespaces: Sendable {
  /// One machine of the test's network.
  package struct Member: Sendable {
    /// The namespace's name.
    package let name: String
    /// Its IPv4 address.
    package let address: String
    /// Its IPv6 address.
    package let address6: String

    /// The same command, run inside the namespace.
    package func wrap(_ runner: ProcessRunner) -> ProcessRunner {
      var wrapped = runner
      (wrapped.program, wrapped.arguments) = ("ip", ["netns", "exec", name, runner.program] + runner.arguments)
      return wrapped
    }
  }

  /// The machines, in order.
  package let members: [Member]
  private let hub: String

  private init(count: Int) {
    let name = "granary-" + String(UInt32.random(in: .min ... .max), radix: 16)
    hub = name + "-hub"
    members = (1...count).map { Member(name: "\(name)-\($0)", address: "10.77.0.\($0)", address6: "fd00:77::\($0)") }
  }

  /// Makes so many machines, calls `body`, and deletes them again whatever happens.
  package static func with<Result>(_ count: Int, _ body: (NetworkNamespaces) async throws -> Result) async throws -> Result {
    let network = NetworkNamespaces(count: count)
    do {
      try await network.make()
      let result = try await body(network)
      await network.remove()
      return result
    } catch {
      await network.remove()
      throw error
    }
  }

  private func make() async throws {
    try await ip("netns", "add", hub)
    try await ip("-n", hub, "link", "add", "br0", "type", "bridge")
    try await ip("-n", hub, "link", "set", "br0", "up")
    for (index, member) in members.enumerated() { try await join(member, port: "port\(index)") }
  }

  private func join(_ member: Member, port: String) async throws {
    try await ip("netns", "add", member.name)
    try await ip("-n", hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", member.name)
    try await ip("-n", hub, "link", "set", port, "master", "br0", "up")
    try await ip("-n", member.name, "link", "set", "lo", "up")
    try await ip("-n", member.name, "addr", "add", member.address + "/24", "dev", "eth0")
    // Without duplicate address detection, which would leave the address unusable for a second.
    try await ip("-n", member.name, "addr", "add", member.address6 + "/64", "dev", "eth0", "nodad")
    try await ip("-n", member.name, "link", "set", "eth0", "up")
  }

  private func remove() async {
    for name in members.map(\.name) + [hub] { _ = try? await ProcessRunner("ip", ["netns", "delete", name]).run() }
  }

  private func ip(_ arguments: String...) async throws {
    try await ProcessRunner("ip", arguments).output()
  }
}
