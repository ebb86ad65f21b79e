import Foundation
import PluginKit
import Settings

/// Finds and reads the configuration, and makes the pipeline that it describes.
struct NodeConfiguration: Sendable {
  let settings: NodeSettings

  /// Reads the file given, else the first of the usual places that is there.
  static func load(_ path: String?) throws -> NodeConfiguration {
    let environment = SettingsEnvironment.process(variables: ProcessInfo.processInfo.environment)
    return NodeConfiguration(settings: try NodeSettings.load(path: try find(path, environment), environment: environment))
  }

  private static func find(_ path: String?, _ environment: SettingsEnvironment) throws -> String {
    // Absolute, so that a place in the journal still says where to look when somebody reads it elsewhere.
    if let path { return URL(fileURLWithPath: path).standardizedFileURL.path }
    let candidates = environment.configurationCandidates
    guard let found = candidates.first(where: { access($0, F_OK) == 0 }) else {
      throw Failure(.configuration, "there is no configuration: none of \(candidates.joined(separator: ", ")); name one with --config")
    }
    return URL(fileURLWithPath: found).standardizedFileURL.path
  }

  /// The pipeline, or every problem of it. A pipeline that lets anybody in from beyond loopback must say so.
  func makePipeline(
    _ services: @escaping @Sendable (String) -> PluginServices, generation: UInt64, approvals: any Approvals = NoApprovals()
  ) throws -> Pipeline {
    let builder = PipelineBuilder(
      registry: KnownPlugins.registry, services: services, explain: SettingsErrors.explain, approvals: approvals)
    let pipeline = try builder.build(settings.pipeline.map(\.pipelineEntry), generation: generation).get()
    if settings.listensBeyondLoopback, !pipeline.isGuarded, !settings.isOpen {
      throw Failure(
        .configuration,
        "the node listens beyond loopback and \(pipeline.howItIsOpen): \(pipeline.howToGuard), or write 'open: true'",
        place: settings.file)
    }
    return pipeline
  }

  /// Everything that a node does with it before it opens a socket or a file of its state. Throws what keeps a node from starting.
  @discardableResult
  func rehearse() throws -> (pipeline: Pipeline, links: LinkKeeper) {
    let pipeline = try makePipeline(ServicesMaker(folder: settings.folder, journal: NoJournal()).services, generation: 0)
    let links = try LinkKeeper(settings, now: WallTime.now.seconds)
    _ = try NodeTracker.prepare(settings)
    _ = try NodeCatalogue.prepare(settings)
    _ = try NodeMirror.prepare(settings)
    _ = try FetchManner.prepare(settings)
    _ = try NodeRemote.prepare(settings)
    return (pipeline, links)
  }

  var paths: NodePaths { NodePaths(state: settings.node.state) }
}

extension Pipeline {
  /// What is said of a pipeline that is not guarded.
  var howItIsOpen: String {
    if guards(of: .connect).isEmpty, let shadow = shadows(of: .connect).first {
      return "what says who may connect (\(shadow.name)) is in shadow, so that the pipeline counts as open"
    }
    return guards(of: .connect).isEmpty
      ? "nothing in the pipeline says who may connect" : "no guard of connect has on-error: deny, so that the pipeline counts as open"
  }

  fileprivate var howToGuard: String {
    guard guards(of: .connect).isEmpty else { return "leave out its on-error" }
    return shadows(of: .connect).isEmpty ? "add an allowlist" : "leave out its mode"
  }
}
