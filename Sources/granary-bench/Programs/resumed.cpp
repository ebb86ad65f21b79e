// libtorrent with many torrents: what a start with resume data takes.
//   resumed learn LIST RESUME     LIST has lines "TORRENT FOLDER"; seeds all of them and writes what libtorrent wants to resume with to RESUME
//   resumed serve PORT RESUME     seeds what RESUME has until it is ended
// No trackers are announced to, and nothing is done that is not serving.
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/read_resume_data.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/write_resume_data.hpp>
#include <string>
#include <vector>

namespace lt = libtorrent;

static lt::session_params settings(const std::string &port) {
  using sp = lt::settings_pack;
  lt::settings_pack p = lt::high_performance_seed();
  p.set_str(sp::listen_interfaces, "127.0.0.1:" + port);
  for (int off : {sp::enable_dht, sp::enable_lsd, sp::enable_upnp, sp::enable_natpmp}) p.set_bool(off, false);
  for (int all : {sp::active_seeds, sp::active_limit, sp::active_downloads, sp::active_checking}) p.set_int(all, -1);
  p.set_bool(sp::allow_multiple_connections_per_ip, true);
  p.set_int(sp::unchoke_slots_limit, -1);
  p.set_int(sp::alert_queue_size, 1000000);
  p.set_int(sp::alert_mask, lt::alert_category::error | lt::alert_category::status | lt::alert_category::storage);
  return lt::session_params(p);
}

static void prepare(lt::add_torrent_params &torrent) {
  torrent.flags &= ~(lt::torrent_flags::auto_managed | lt::torrent_flags::paused);
  torrent.flags |= lt::torrent_flags::override_trackers;
  torrent.trackers.clear();
}

static void fail(const char *what) {
  fprintf(stderr, "resumed: %s\n", what);
  exit(2);
}

static int learn(const char *list, const char *out) {
  lt::session session(settings("0"));
  std::ifstream lines(list);
  std::string torrent, folder;
  size_t count = 0, seeding = 0, saved = 0;
  while (lines >> torrent >> folder) {
    lt::add_torrent_params params;
    params.ti = std::make_shared<lt::torrent_info>(torrent);
    params.save_path = folder;
    prepare(params);
    session.async_add_torrent(std::move(params));
    count++;
  }
  std::ofstream file(out, std::ios::binary);
  std::vector<lt::alert *> alerts;
  while (saved < count) {
    if (!session.wait_for_alert(lt::seconds(60))) fail("libtorrent says nothing");
    session.pop_alerts(&alerts);
    for (lt::alert *alert : alerts) {
      if (auto *changed = lt::alert_cast<lt::state_changed_alert>(alert)) {
        if (changed->state != lt::torrent_status::seeding) continue;
        seeding++;
        changed->handle.save_resume_data(lt::torrent_handle::save_info_dict);
      } else if (auto *data = lt::alert_cast<lt::save_resume_data_alert>(alert)) {
        auto bytes = lt::write_resume_data_buf(data->params);
        uint32_t size = uint32_t(bytes.size());
        file.write(reinterpret_cast<char *>(&size), sizeof size);
        file.write(bytes.data(), std::streamsize(size));
        saved++;
      } else if (lt::alert_cast<lt::save_resume_data_failed_alert>(alert) || lt::alert_cast<lt::torrent_error_alert>(alert)) {
        fail(alert->message().c_str());
      }
    }
  }
  file.close();
  printf("%zu\n", saved);
  fflush(stdout);
  _exit(0);
}

static int serve(const char *port, const char *in) {
  lt::session session(settings(port));
  std::ifstream file(in, std::ios::binary);
  uint32_t size = 0;
  std::vector<char> bytes;
  while (file.read(reinterpret_cast<char *>(&size), sizeof size)) {
    bytes.resize(size);
    file.read(bytes.data(), size);
    lt::add_torrent_params params = lt::read_resume_data(bytes);
    prepare(params);
    session.async_add_torrent(std::move(params));
  }
  std::vector<lt::alert *> alerts;
  for (;;) {
    session.wait_for_alert(lt::seconds(1));
    session.pop_alerts(&alerts);
    for (lt::alert *alert : alerts)
      if (lt::alert_cast<lt::torrent_error_alert>(alert) || lt::alert_cast<lt::listen_failed_alert>(alert)) fail(alert->message().c_str());
  }
}

int main(int count, char **words) {
  if (count != 4) fail("resumed learn LIST RESUME | resumed serve PORT RESUME");
  // Whoever starts us may have it blocked or ignored.
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_UNBLOCK, &term, nullptr);
  signal(SIGTERM, SIG_DFL);
  return std::string(words[1]) == "learn" ? learn(words[2], words[3]) : serve(words[2], words[3]);
}
