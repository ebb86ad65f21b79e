/// What the status page shows of a node. Implemented by the composition root; may wait for the disk, and never does on an event loop.
package protocol PageSource: Sendable {
  func overview() async throws -> PageDocument
  func services() async throws -> PageServicesDocument
  func throughput(_ span: ThroughputRing.Span) async throws -> ThroughputDocument
  func artifacts(_ query: ArtifactsQuery) async throws -> PageArtifactsDocument
  /// Nil where there is no such artifact.
  func artifact(_ infoHash: String) async throws -> PageArtifactDocument?
  func peers(_ query: PeersQuery) async throws -> PagePeersDocument
  func refusals() async throws -> PageRefusalsDocument
  func runs() async throws -> PageRunsDocument
}

extension PageSource {
  /// A document's JSON; nil where there is nothing that it would be of.
  func json(_ part: PagePart) async throws -> [UInt8]? {
    switch part {
    case .overview: try encoded(await overview())
    case .services: try encoded(await services())
    case .throughput(let span): try encoded(await throughput(span))
    case .artifacts(let query): try encoded(await artifacts(query))
    case .artifact(let hash): try await artifact(hash).map { try encoded($0) }
    case .peers(let query): try encoded(await peers(query))
    case .refusals: try encoded(await refusals())
    case .runs: try encoded(await runs())
    }
  }

  private func encoded(_ document: some Encodable) throws -> [UInt8] { Array(try DocumentEncoder.encode(document)) }
}
