import Logging
import PluginKit

extension PluginServices {
  /// Ports for a plugin that a test makes by itself: clocks that stand still, a log and a journal that nobody reads.
  ///
  /// - Parameters:
  ///   - now: what both clocks show: by default the first moment of the default world.
  ///   - folder: what relative paths in the settings start from.
  ///   - documents: files that the settings name.
  ///   - journal: takes the plugin's rows; nil for nobody.
  public static func forTests(
    now: WallTime = ConformanceWorld().now, folder: String = "/", documents: any SettingsDocuments = NoSettingsDocuments(),
    journal: (any Journal)? = nil
  ) -> PluginServices {
    let start = ContinuousClock.now
    return PluginServices(
      wallClock: { now }, clock: { start }, journal: journal ?? NoJournal(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      folder: folder, documents: documents)
  }
}

/// A journal that keeps nothing.
private struct NoJournal: Journal {
  func record(_ record: JournalRecord) {}
}
