import ArgumentParser
import Foundation

/// The script with which the rig starts our node: configuration, inventory, then the node in the script's place.
struct SeederScript {
  let path: String

  /// What an operator of a few machines would write.
  static let usualPolicy = """
    pipeline:
      - allowlist: { addresses: [127.0.0.0/8] }
      - gate: { on_request: [{}] }
      - metadata

    """

  /// - Parameter policy: the lines of the configuration that say who may have what.
  init(below folder: String, granary: String, named name: String = "seeder", policy: String = usualPolicy) throws {
    guard FileManager.default.isExecutableFile(atPath: granary) else {
      throw ValidationError("\(granary) is no program; build it with: swift build -c release --product granary")
    }
    path = "\(folder)/\(name).sh"
    try Data(Self.text(granary, policy).utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  private static func text(_ granary: String, _ policy: String) -> String {
    """
    #!/bin/sh
    # seeder.sh TORRENT DATA PORT STATE
    set -e
    cat > "$4/granary.yaml" <<YAML
    node: { state: "$4/granary" }
    listen: [{ address: "127.0.0.1:$3" }]
    artifacts: { roots: ["$2"] }
    limits: { connections: 20000, per-address: 4000, handshakes: 2000 }
    \(policy)YAML
    '\(granary)' add "$1" --data "$2" --config "$4/granary.yaml"
    exec '\(granary)' run --config "$4/granary.yaml"

    """
  }
}
