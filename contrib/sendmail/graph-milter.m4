dnl # SPDX-License-Identifier: Apache-2.0
dnl # graph-milter behind Sendmail (8.14 or newer): copy this file to /etc/mail, and write into /etc/mail/sendmail.mc,
dnl # before its MAILER lines, after filters that may refuse mail and before filters that sign it (DKIM):
dnl #
dnl #   include(`/etc/mail/graph-milter.m4')dnl
dnl #
dnl # F=T  While graph-milter is down, clients hear 4xx and come again: nothing is lost, nothing goes another way. Without
dnl #      a letter (F=) Sendmail takes their mail and delivers it itself as if there were no filter, and nobody is told.
dnl #      F=R refuses it for good; F=4 ends the connection with 421.
dnl # T=   S and R are for each packet, E for the whole of end of message: nothing that graph-milter says meanwhile makes E
dnl #      longer. Sendmail's own R of 10 s is too short for a busy disk, its own E is 5 minutes. Where `accept = delivered`
dnl #      is used, E must be longer than accept-deadline.
dnl #
dnl # The macros that graph-milter reads it asks for itself: no confMILTER_MACROS line is needed. Sendmail opens the socket
dnl # as root (or as RunAsUser) and takes it only if no folder above it may be written by group or others.
dnl #
dnl # Where originals are handed back (`return = mta`, hand-back-to), a port of its own takes them, which asks no filter:
dnl #
dnl #   DAEMON_OPTIONS(`Name=REINJECT, Family=inet, Addr=127.0.0.1, Port=10026, InputMailFilters=')dnl
dnl #
dnl # graph-milterctl config check --mta sendmail reads what m4 has made of all this.
INPUT_MAIL_FILTER(`graph-milter', `S=unix:/run/graph-milter/graph-milter.sock, F=T, T=C:30s;S:30s;R:2m;E:10m')dnl
dnl # As large as the mail that you want to send: base64 makes 150 MB of files 205 MB of mail.
define(`confMAX_MESSAGE_SIZE', `250000000')dnl
