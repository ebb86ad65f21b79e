import Logging
import PluginKit

/// Makes the ports that each plugin is given.
struct ServicesMaker: Sendable {
  let folder: String
  let journal: any PluginKit.Journal

  var services: @Sendable (String) -> PluginServices {
    let (folder, journal) = (folder, journal)
    return { plugin in
      PluginServices(
        wallClock: { .now }, clock: { .now }, journal: journal, logger: Logger(label: "granary.plugin.\(plugin)"), folder: folder)
    }
  }
}

/// The journal of commands that only look: nothing is kept.
struct NoJournal: PluginKit.Journal {
  func record(_ record: JournalRecord) {}
}
