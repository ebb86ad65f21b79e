// Settings written down in a test are a public library's: tests have them from here.
@_exported import PluginKitTesting
