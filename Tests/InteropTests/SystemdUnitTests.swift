import Foundation
import TestSupport
import Testing

extension Interop {
  /// The units of `deploy/systemd`, as systemd itself sees them.
  @Suite struct SystemdUnitTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../deploy/systemd").standardized.path
    private static let services = ["granary.service", "granary@.service", "granary-run.service"]
    /// 0 is a service that may do nothing, 10 one that may do everything.
    private static let mostExposed = 2.0

    private static func text(_ name: String) throws -> String { try String(contentsOfFile: folder + "/" + name, encoding: .utf8) }

    /// The units beside each other, with a program that is there in place of the one that a package would bring.
    private func installed() throws -> TemporaryDirectory {
      let copy = try TemporaryDirectory("units")
      for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder) where name.hasPrefix("granary") {
        let text = try Self.text(name).replacing("/usr/bin/granary", with: GranaryHost.binary)
        // A template is looked at as one of what it makes.
        try copy.write(Array(text.utf8), to: name.replacing("@.", with: "@depot."))
      }
      return copy
    }

    @Test func `systemd-analyze verify has nothing to say`() async throws {
      let units = try installed()
      let names = try units.entries()
      #expect(names == ["granary-run.service", "granary-run.timer", "granary.service", "granary.socket", "granary@depot.service"])
      for name in names {
        let result = try await ProcessRunner("systemd-analyze", ["verify", "--man=no", units.path(name)]).run(within: .seconds(60))
        #expect(result.exit == .code(0) && result.errors.isEmpty && result.output.isEmpty, "\(result)")
      }
    }

    @Test(arguments: services)
    func `systemd-analyze security finds little that a service may do without need`(name: String) async throws {
      let options = ["security", "--offline=true", "--no-pager", "--threshold=\(Int(Self.mostExposed * 10))", Self.folder + "/" + name]
      let result = try await ProcessRunner("systemd-analyze", options, environment: ["LC_ALL": "C.UTF-8"]).run(within: .seconds(60))
      let match = result.output.firstMatch(of: /Overall exposure level for [^:]*:\s([0-9.]+)\s/)
      let exposure = try #require(match.flatMap { Double($0.1) }, "\(result)")
      #expect(result.exit == .code(0) && exposure <= Self.mostExposed, "\(result)")
      print("systemd-analyze security: \(name) \(exposure)")
    }

    @Test func `each service is fenced alike, and knows the exit codes and the signals of the program`() throws {
      let texts = try Self.services.map { try Self.text($0) }
      let fences = texts.map { text in
        text.split(separator: "\n").drop { !$0.hasPrefix("UMask=") }.filter {
          !$0.hasPrefix("#") && !$0.hasPrefix("[") && !$0.hasPrefix("WantedBy=")
        }
      }
      #expect(fences.allSatisfy { $0 == fences.first && $0.count > 20 })
      for text in texts.prefix(2) {
        for line in ["Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "RestartPreventExitStatus=64 77 78"] {
          #expect(text.split(separator: "\n").contains { $0 == line }, "\(line)")
        }
      }
      #expect(texts[2].contains("\nSuccessExitStatus=75\n"))
    }

    @Test func `for a newer systemd there is a drop-in that waits for the word of a reload`() throws {
      let lines = try Self.text("notify-reload.conf").split(separator: "\n").filter { !$0.hasPrefix("#") }
      #expect(lines == ["[Service]", "Type=notify-reload", "ReloadSignal=SIGHUP", "ExecReload="])
    }
  }
}
