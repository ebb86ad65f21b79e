import ArgumentParser
import Foundation

/// The script with which the rig starts our node: configuration, inventory, then the node in the script's place.
struct SeederScript {
  let path: String

  init(below folder: String, granary: String) throws {
    guard FileManager.default.isExecutableFile(atPath: granary) else {
      throw ValidationError("\(granary) is no program; build it with: swift build -c release --product granary")
    }
    path = folder + "/seeder.sh"
    try Data(Self.text(granary).utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  private static func text(_ granary: String) -> String {
    """
    #!/bin/sh
    # seeder.sh TORRENT DATA PORT STATE
    set -e
    cat > "$4/granary.yaml" <<YAML
    node: { state: "$4/granary" }
    listen: [{ address: "127.0.0.1:$3" }]
    artifacts: { roots: ["$2"] }
    limits: { connections: 20000, per-address: 4000, handshakes: 2000 }
    pipeline:
      - allowlist: { addresses: [127.0.0.0/8] }
      - gate: { on_request: [{}] }
      - metadata
    YAML
    '\(granary)' add "$1" --data "$2" --config "$4/granary.yaml"
    exec '\(granary)' run --config "$4/granary.yaml"

    """
  }
}
