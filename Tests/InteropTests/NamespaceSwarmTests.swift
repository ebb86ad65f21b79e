import Foundation
import TestSupport
import Testing

extension Interop {
  /// A closed swarm from end to end, each node in a network namespace of its own.
  @Suite(.enabled("there are no shaped links here") { ShapedLinks.isPermitted }) struct NamespaceSwarmTests {
    private struct Report: Decodable {
      struct Forbidden: Decodable {
        let has: [String]
        let refusals: [String]
      }
      let complete: Int
      let copies: Double
      let forbidden: Forbidden
    }

    @Test func `thirty replicas get what the catalogue lists, and one in a forbidden zone gets nothing`() async throws {
      let arguments = [
        "--granary", GranaryHost.binary, "--who", "granary", "--replicas", "30", "--size", "8", "--rate", "1", "--limit", "150",
      ]
      let runner = PythonScript.runner("namespace_swarm.py", arguments)
      let report = try JSONDecoder().decode(Report.self, from: Data(try await runner.output(within: .seconds(280)).utf8))
      #expect(report.complete == 30, "\(report)")
      // It has been passed on: the origin alone would have sent thirty.
      #expect(report.copies < 10, "\(report)")
      #expect(report.forbidden.has.isEmpty && !report.forbidden.refusals.isEmpty, "\(report)")
      #expect(report.forbidden.refusals.allSatisfy { $0 == "deny" }, "\(report)")
    }
  }
}

/// Links between network namespaces that the kernel keeps to a rate.
private enum ShapedLinks {
  /// Whether this process may make one: as root, where the kernel has a token bucket filter.
  static let isPermitted: Bool = {
    let name = "granary-probe-\(getpid())"
    let shape = "ip netns add \(name) && tc -n \(name) qdisc add dev lo root tbf rate 1mbit burst 64k limit 64k"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "\(shape); result=$?; ip netns delete \(name); exit $result"]
    process.standardError = nil
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()
}
