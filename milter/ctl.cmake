# SPDX-License-Identifier: Apache-2.0
# graph-milterctl; its commands are a library, so that tests and the daemon's -t can use them.
add_library(gm_ctl STATIC ctl_commands.cc ctl_config.cc ctl_explain.cc ctl_map.cc ctl_probe.cc ctl_queue.cc ctl_reload.cc)
target_link_libraries(gm_ctl PUBLIC gm_standard gm_service gm_admin gm_config gm_base)
add_executable(graph-milterctl graph_milterctl.cc)
target_link_libraries(graph-milterctl PRIVATE gm_ctl)
install(TARGETS graph-milterctl RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
