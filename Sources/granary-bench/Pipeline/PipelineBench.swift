import ArgumentParser
import Metainfo
import PeerProtocol
import PluginKit

struct PipelineBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipeline",
    abstract:
      "Nanoseconds for each block through session, grant and handlers: allowlist, gate and metadata, and all built-in plugins, beside an empty pipeline."
  )

  private static let blocks = 100_000

  @OptionGroup var options: BenchOptions
  @Option(help: "Rules of the gate, the last of which allows.") var rules = 100

  mutating func validate() throws {
    guard (1...10_000).contains(rules) else { throw ValidationError("--rules is from 1 to 10000") }
  }

  func run() throws {
    let artifact = PolicyText.artifact
    let empty = try PeerModel(PolicyText.empty, artifact)
    let whole = try PeerModel(PolicyText.gate(rules: rules, lastFiles: nil), artifact)
    let part = try PeerModel(PolicyText.gate(rules: rules, lastFiles: "even/**"), artifact)
    let scratch = try Scratch()
    let full = try PeerModel(
      try PolicyText.full(keys: scratch.path, rules: 500), artifact, proving: [Identity(trust: "auth", name: "key:bench")])
    let layout = artifact.layout
    let any = RandomBlocks.make(Self.blocks, in: layout)
    let inside = RandomBlocks.make(Self.blocks, in: layout) { part.grant.allows($0, in: layout) }
    let edges = RandomBlocks.make(Self.blocks / 10, in: layout) { block in
      part.grant.allows(block, in: layout) && !part.grant.visible(Bitfield(count: layout.pieceCount, filled: true))[Int(block.piece)]
    }
    let medians = try Comparison(
      title: "a request through the pipeline, \(rules) rules", unit: "CPU ns a block", decimals: 1,
      variants: [
        .init(name: "empty pipeline") { try empty.nanoseconds(any) },
        .init(name: "allowlist, gate, metadata; everything granted") { try whole.nanoseconds(any) },
        .init(name: "half of the files granted") { try part.nanoseconds(inside) },
        .init(name: "likewise, blocks of pieces that are granted in part") { try part.nanoseconds(edges) },
        .init(name: "allowlist of 1,000, auth, gate of 500, quota, messages, metadata") { try full.nanoseconds(any) },
      ]
    ).run(rounds: options.rounds)
    showCost(medians)
    try Comparison(
      title: "compiling a grant when a peer is authorized", unit: "CPU us", decimals: 1,
      variants: [
        .init(name: "empty pipeline") { empty.grantMicroseconds() },
        .init(name: "everything granted") { whole.grantMicroseconds() },
        .init(name: "half of the files granted") { part.grantMicroseconds() },
      ]
    ).run(rounds: options.rounds)
  }

  private func showCost(_ medians: [Double]) {
    guard let empty = medians.first, medians.count > 2 else { return }
    print("  the pipeline costs \((medians[1] - empty).text(1)) ns a block, \((medians[2] - empty).text(1)) ns with part granted")
    if let last = medians.last { print("  all plugins cost \((last - empty).text(1)) ns a block") }
  }
}
