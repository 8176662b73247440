using System.Collections;
using System.Net;
using System.Reflection;
using System.Text;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>No option is parsed and ignored: each setting, changed from its default, changes what some project is told.</summary>
public sealed class OptionsMappingTests
{
    // What each setting is changed to; a second text is what it is compared with, where the default alone would not do.
    private static readonly Dictionary<string, (string Changed, string Base)> Changes = new(StringComparer.Ordinal)
    {
        ["hostname"] = ("hostname = \"other.example.com\"", ""),
        ["data"] = ("data = \"/var/lib/other\"", ""),
        ["listener.NAME.tls"] = ("[listener.submission]\ntls = \"none\"", ""),
        ["listener.NAME.auth"] = ("[listener.submission]\nauth = \"optional\"", ""),
        ["listener.NAME.bare_line_endings"] = ("[listener.submission]\nbare_line_endings = \"convert\"", ""),
        ["listener.NAME.relay_networks"] = ("[listener.submission]\nrelay_networks = [\"192.0.2.0/24\"]", ""),
        ["listener.NAME.submission_headers"] = ("[listener.submission]\nsubmission_headers = false", ""),
        ["listener.NAME.max_message_size"] = ("[listener.submission]\nmax_message_size = \"1MiB\"", ""),
        ["listener.NAME.max_recipients"] = ("[listener.submission]\nmax_recipients = 200", ""),
        ["listener.NAME.max_hold"] = ("[listener.submission]\nmax_hold = \"1d\"", ""),
        ["listener.NAME.requiretls"] = ("[listener.submission]\nrequiretls = true", ""),
        ["network.NAME.relay"] = ("[network.a]\nnetworks = [\"192.0.2.0/24\"]\nrelay = false", "[network.a]\nnetworks = [\"192.0.2.0/24\"]"),
        ["network.NAME.user"] = ("[network.a]\nnetworks = [\"192.0.2.0/24\"]\nuser = \"u\"", "[network.a]\nnetworks = [\"192.0.2.0/24\"]"),
        ["network.NAME.clear_auth"] = ("[network.a]\nnetworks = [\"192.0.2.0/24\"]\nclear_auth = true", "[network.a]\nnetworks = [\"192.0.2.0/24\"]"),
        ["network.NAME.max_message_size"] = ("[network.a]\nnetworks = [\"192.0.2.0/24\"]\nmax_message_size = \"1MiB\"", "[network.a]\nnetworks = [\"192.0.2.0/24\"]"),
        ["network.NAME.max_recipients"] = ("[network.a]\nnetworks = [\"192.0.2.0/24\"]\nmax_recipients = 7", "[network.a]\nnetworks = [\"192.0.2.0/24\"]"),
        ["network.NAME.max_connections_per_address"] = ("[network.a]\nnetworks = [\"192.0.2.0/24\"]\nmax_connections_per_address = 7", "[network.a]\nnetworks = [\"192.0.2.0/24\"]"),
        ["network.NAME.greeting_delay"] = ("[network.a]\nnetworks = [\"192.0.2.0/24\"]\ngreeting_delay = \"1s\"", "[network.a]\nnetworks = [\"192.0.2.0/24\"]"),
        ["network.NAME.listeners"] = ("[network.a]\nnetworks = [\"192.0.2.0/24\"]\nlisteners = [\"other\"]\n[listener.submission]\n[listener.other]\nendpoint = \"127.0.0.1:2526\"", "[network.a]\nnetworks = [\"192.0.2.0/24\"]\n[listener.submission]\n[listener.other]\nendpoint = \"127.0.0.1:2526\""),
        ["network.NAME.networks"] = ("[network.a]\nnetworks = [\"192.0.2.0/25\"]", "[network.a]\nnetworks = [\"192.0.2.0/24\"]"),
        ["listener.NAME.fix_ups"] = ("[listener.submission]\nfix_ups = false", ""),
        ["listener.NAME.address_literals"] = ("[listener.submission]\naddress_literals = true", ""),
        ["listener.NAME.max_connections_per_network"] = ("[listener.submission]\nmax_connections_per_network = 3", ""),
        ["listener.NAME.greeting_delay"] = ("[listener.submission]\ngreeting_delay = \"1s\"", ""),
        ["listener.NAME.min_data_rate"] = ("[listener.submission]\nmin_data_rate = \"0\"", ""),
        ["listener.NAME.connection_deadline"] = ("[listener.submission]\nconnection_deadline = \"1h\"", ""),
        ["listener.NAME.max_transactions"] = ("[listener.submission]\nmax_transactions = 7", ""),
        ["listener.NAME.max_errors"] = ("[listener.submission]\nmax_errors = 7", ""),
        ["submission.sender_check"] = ("[submission]\nsender_check = \"off\"", ""),
        ["submission.require_from"] = ("[submission]\nrequire_from = false", ""),
        ["submission.require_full_domains"] = ("[submission]\nrequire_full_domains = true", ""),
        ["submission.add_date"] = ("[submission]\nadd_date = false", ""),
        ["submission.add_message_id"] = ("[submission]\nadd_message_id = false", ""),
        ["submission.remove_bcc"] = ("[submission]\nremove_bcc = false", ""),
        ["submission.remove_return_path"] = ("[submission]\nremove_return_path = false", ""),
        ["submission.hide_client"] = ("[submission]\nhide_client = true", ""),
        ["submission.long_lines"] = ("[submission]\nlong_lines = \"wrap\"", ""),
        ["queue.max_waiting"] = ("[queue]\nmax_waiting = 7", ""),
        ["listener.NAME.max_connections"] = ("[listener.submission]\nmax_connections = 300", ""),
        ["listener.NAME.max_connections_per_address"] = ("[listener.submission]\nmax_connections_per_address = 3", ""),
        ["listener.NAME.command_timeout"] = ("[listener.submission]\ncommand_timeout = \"1m\"", ""),
        ["listener.NAME.data_timeout"] = ("[listener.submission]\ndata_timeout = \"1m\"", ""),
        ["api.require_verified_domains"] = ("[api]\nrequire_verified_domains = false", ""),
        ["api.plain_webhooks"] = ("[api]\nplain_webhooks = true", ""),
        ["api.max_body_memory"] = ("[api]\nmax_body_memory = \"128MiB\"", ""),
        ["public.public_url"] = ("[public]\npublic_url = \"https://mail.example.com\"", ""),
        ["retention.content_api"] = ("[retention]\ncontent_api = \"1d\"", ""),
        ["retention.webhook_log"] = ("[retention]\nwebhook_log = \"1d\"", ""),
        ["retention.aggregates"] = ("[retention]\naggregates = \"30d\"", ""),
        ["api.requests_per_second"] = ("[api]\nrequests_per_second = 7", ""),
        ["api.emails_per_hour"] = ("[api]\nemails_per_hour = 7", ""),
        ["api.emails_per_day"] = ("[api]\nemails_per_day = 7", ""),
        ["api.recipients_per_hour"] = ("[api]\nrecipients_per_hour = 7", ""),
        ["api.recipients_per_day"] = ("[api]\nrecipients_per_day = 7", ""),
        ["campaigns.time_zone"] = ("[campaigns]\ntime_zone = \"Europe/Berlin\"", ""),
        ["campaigns.max_queued"] = ("[campaigns]\nmax_queued = 700", ""),
        ["campaigns.max_bounces"] = ("[campaigns]\nmax_bounces = \"7%\"", ""),
        ["campaigns.max_complaints"] = ("[campaigns]\nmax_complaints = 7", ""),
        ["campaigns.judge_after"] = ("[campaigns]\njudge_after = 7", ""),
        ["dns.servers"] = ("[dns]\nservers = [\"192.0.2.53:53\"]", ""),
        ["dns.trust_ad"] = ("[dns]\ntrust_ad = \"none\"", ""),
        ["dns.timeout"] = ("[dns]\ntimeout = \"5s\"", ""),
        ["dns.attempts"] = ("[dns]\nattempts = 4", ""),
        ["dns.cache_entries"] = ("[dns]\ncache_entries = 7", ""),
        ["queue.window"] = ("[queue]\nwindow = 7", ""),
        ["queue.window_bytes"] = ("[queue]\nwindow_bytes = \"2MiB\"", ""),
        ["queue.min_free_disk"] = ("[queue]\nmin_free_disk = \"1GiB\"", ""),
        ["queue.suppressed"] = ("[queue]\nsuppressed = \"reject\"", ""),
        ["egress.source.NAME.max_messages_per_connection"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\nmax_messages_per_connection = 7", "[egress.source.a]\naddress = \"192.0.2.9\""),
        ["egress.source.NAME.message_rate"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\nmessage_rate = [\"7/s\", \"70/h\"]", "[egress.source.a]\naddress = \"192.0.2.9\""),
        ["egress.source.NAME.byte_rate"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\nbyte_rate = \"7MiB/s\"", "[egress.source.a]\naddress = \"192.0.2.9\""),
        ["egress.source.NAME.max_connections"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\nmax_connections = 7", "[egress.source.a]\naddress = \"192.0.2.9\""),
        ["egress.source.NAME.max_recipients_per_transaction"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\nmax_recipients_per_transaction = 7", "[egress.source.a]\naddress = \"192.0.2.9\""),
        ["limits.account.\"NUMBER\".message_rate"] = ("[limits.account.\"7\"]\nmessage_rate = [\"7/s\", \"70/h\"]", "[limits.account.\"7\"]"),
        ["limits.account.\"NUMBER\".byte_rate"] = ("[limits.account.\"7\"]\nbyte_rate = \"7MiB/s\"", "[limits.account.\"7\"]"),
        ["limits.account.\"NUMBER\".max_connections"] = ("[limits.account.\"7\"]\nmax_connections = 7", "[limits.account.\"7\"]"),
        ["limits.account.\"NUMBER\".max_messages_per_connection"] = ("[limits.account.\"7\"]\nmax_messages_per_connection = 7", "[limits.account.\"7\"]"),
        ["limits.account.\"NUMBER\".max_recipients_per_transaction"] = ("[limits.account.\"7\"]\nmax_recipients_per_transaction = 7", "[limits.account.\"7\"]"),
        ["limits.user.\"NAME\".message_rate"] = ("[limits.user.\"app\"]\nmessage_rate = [\"7/s\", \"70/h\"]", "[limits.user.\"app\"]"),
        ["limits.user.\"NAME\".byte_rate"] = ("[limits.user.\"app\"]\nbyte_rate = \"7MiB/s\"", "[limits.user.\"app\"]"),
        ["limits.user.\"NAME\".max_connections"] = ("[limits.user.\"app\"]\nmax_connections = 7", "[limits.user.\"app\"]"),
        ["limits.user.\"NAME\".max_messages_per_connection"] = ("[limits.user.\"app\"]\nmax_messages_per_connection = 7", "[limits.user.\"app\"]"),
        ["limits.user.\"NAME\".max_recipients_per_transaction"] = ("[limits.user.\"app\"]\nmax_recipients_per_transaction = 7", "[limits.user.\"app\"]"),
        ["limits.stream.transactional.message_rate"] = ("[limits.stream.transactional]\nmessage_rate = [\"7/s\", \"70/h\"]", "[limits.stream.transactional]"),
        ["limits.stream.transactional.byte_rate"] = ("[limits.stream.transactional]\nbyte_rate = \"7MiB/s\"", "[limits.stream.transactional]"),
        ["limits.stream.transactional.max_connections"] = ("[limits.stream.transactional]\nmax_connections = 7", "[limits.stream.transactional]"),
        ["limits.stream.transactional.max_messages_per_connection"] = ("[limits.stream.transactional]\nmax_messages_per_connection = 7", "[limits.stream.transactional]"),
        ["limits.stream.transactional.max_recipients_per_transaction"] = ("[limits.stream.transactional]\nmax_recipients_per_transaction = 7", "[limits.stream.transactional]"),
        ["limits.stream.broadcast.message_rate"] = ("[limits.stream.broadcast]\nmessage_rate = [\"7/s\", \"70/h\"]", "[limits.stream.broadcast]"),
        ["limits.stream.broadcast.byte_rate"] = ("[limits.stream.broadcast]\nbyte_rate = \"7MiB/s\"", "[limits.stream.broadcast]"),
        ["limits.stream.broadcast.max_connections"] = ("[limits.stream.broadcast]\nmax_connections = 7", "[limits.stream.broadcast]"),
        ["limits.stream.broadcast.max_messages_per_connection"] = ("[limits.stream.broadcast]\nmax_messages_per_connection = 7", "[limits.stream.broadcast]"),
        ["limits.stream.broadcast.max_recipients_per_transaction"] = ("[limits.stream.broadcast]\nmax_recipients_per_transaction = 7", "[limits.stream.broadcast]"),
        ["limits.tag.\"NAME\".message_rate"] = ("[limits.tag.\"Spring sale\"]\nmessage_rate = [\"7/s\", \"70/h\"]", "[limits.tag.\"Spring sale\"]"),
        ["limits.tag.\"NAME\".byte_rate"] = ("[limits.tag.\"Spring sale\"]\nbyte_rate = \"7MiB/s\"", "[limits.tag.\"Spring sale\"]"),
        ["limits.tag.\"NAME\".max_connections"] = ("[limits.tag.\"Spring sale\"]\nmax_connections = 7", "[limits.tag.\"Spring sale\"]"),
        ["limits.tag.\"NAME\".max_messages_per_connection"] = ("[limits.tag.\"Spring sale\"]\nmax_messages_per_connection = 7", "[limits.tag.\"Spring sale\"]"),
        ["limits.tag.\"NAME\".max_recipients_per_transaction"] = ("[limits.tag.\"Spring sale\"]\nmax_recipients_per_transaction = 7", "[limits.tag.\"Spring sale\"]"),
        ["limits.domain.\"DOMAIN\".message_rate"] = ("[limits.domain.\"example.net\"]\nmessage_rate = [\"7/s\", \"70/h\"]", "[limits.domain.\"example.net\"]"),
        ["limits.domain.\"DOMAIN\".byte_rate"] = ("[limits.domain.\"example.net\"]\nbyte_rate = \"7MiB/s\"", "[limits.domain.\"example.net\"]"),
        ["limits.domain.\"DOMAIN\".max_connections"] = ("[limits.domain.\"example.net\"]\nmax_connections = 7", "[limits.domain.\"example.net\"]"),
        ["limits.domain.\"DOMAIN\".max_messages_per_connection"] = ("[limits.domain.\"example.net\"]\nmax_messages_per_connection = 7", "[limits.domain.\"example.net\"]"),
        ["limits.domain.\"DOMAIN\".max_recipients_per_transaction"] = ("[limits.domain.\"example.net\"]\nmax_recipients_per_transaction = 7", "[limits.domain.\"example.net\"]"),
        ["limits.site.\"DOMAIN\".message_rate"] = ("[limits.site.\"example.net\"]\nmessage_rate = [\"7/s\", \"70/h\"]", "[limits.site.\"example.net\"]"),
        ["limits.site.\"DOMAIN\".byte_rate"] = ("[limits.site.\"example.net\"]\nbyte_rate = \"7MiB/s\"", "[limits.site.\"example.net\"]"),
        ["limits.site.\"DOMAIN\".max_connections"] = ("[limits.site.\"example.net\"]\nmax_connections = 7", "[limits.site.\"example.net\"]"),
        ["limits.site.\"DOMAIN\".max_messages_per_connection"] = ("[limits.site.\"example.net\"]\nmax_messages_per_connection = 7", "[limits.site.\"example.net\"]"),
        ["limits.site.\"DOMAIN\".max_recipients_per_transaction"] = ("[limits.site.\"example.net\"]\nmax_recipients_per_transaction = 7", "[limits.site.\"example.net\"]"),
        ["site.\"DOMAIN\".byte_rate"] = ("[site.\"example.net\"]\nbyte_rate = \"7MiB/s\"", "[site.\"example.net\"]"),
        ["site.\"DOMAIN\".retry"] = ("[site.\"example.net\"]\nretry = [\"7m\"]", "[site.\"example.net\"]"),
        ["retry.transactional.schedule"] = ("[retry.transactional]\nschedule = [\"7m\"]", "[retry.transactional]"),
        ["retry.transactional.expire_after"] = ("[retry.transactional]\nexpire_after = \"3d\"", "[retry.transactional]"),
        ["retry.broadcast.schedule"] = ("[retry.broadcast]\nschedule = [\"7m\"]", "[retry.broadcast]"),
        ["retry.broadcast.expire_after"] = ("[retry.broadcast]\nexpire_after = \"3d\"", "[retry.broadcast]"),
        ["stream.transactional.one_click"] = ("[stream.transactional]\none_click = true\n[public]\npublic_url = \"https://mail.example.com\"", "[public]\npublic_url = \"https://mail.example.com\""),
        ["stream.transactional.unsubscribe_mailbox"] = ("[stream.transactional]\nunsubscribe_mailbox = \"r@example.com\"\n[local]\nreports = [\"r@example.com\"]", "[local]\nreports = [\"r@example.com\"]"),
        ["stream.broadcast.one_click"] = ("[stream.broadcast]\none_click = true\n[public]\npublic_url = \"https://mail.example.com\"", "[public]\npublic_url = \"https://mail.example.com\""),
        ["stream.broadcast.unsubscribe_mailbox"] = ("[stream.broadcast]\nunsubscribe_mailbox = \"r@example.com\"\n[local]\nreports = [\"r@example.com\"]", "[local]\nreports = [\"r@example.com\"]"),
        ["stream.transactional.feedback_id"] = ("[stream.transactional]\nfeedback_id = \"{campaign}:examplemail\"", "[stream.transactional]"),
        ["stream.transactional.cfbl_address"] = ("[stream.transactional]\ncfbl_address = \"fbl@example.com\"", "[stream.transactional]"),
        ["stream.broadcast.feedback_id"] = ("[stream.broadcast]\nfeedback_id = \"{campaign}:examplemail\"", "[stream.broadcast]"),
        ["stream.broadcast.cfbl_address"] = ("[stream.broadcast]\ncfbl_address = \"fbl@example.com\"", "[stream.broadcast]"),
        ["dkim.cosign"] = ("[dkim]\ncosign = \"relay.example.com\"", ""),
        ["retry.schedule"] = ("[retry]\nschedule = [\"2m\"]", ""),
        ["retry.jitter"] = ("[retry]\njitter = \"20%\"", ""),
        ["retry.expire_after"] = ("[retry]\nexpire_after = \"6d\"", ""),
        ["delivery.port"] = ("[delivery]\nport = 2525", ""),
        ["delivery.allow_private_targets"] = ("[delivery]\nallow_private_targets = true", ""),
        ["delivery.allowed_networks"] = ("[delivery]\nallowed_networks = [\"10.1.0.0/16\"]", ""),
        ["delivery.own_names"] = ("[delivery]\nown_names = [\"mx.example.com\"]", ""),
        ["delivery.own_addresses"] = ("[delivery]\nown_addresses = [\"192.0.2.1\"]", ""),
        ["delivery.connect_timeout"] = ("[delivery]\nconnect_timeout = \"7s\"", ""),
        ["delivery.tls"] = ("[delivery]\ntls = \"required\"", ""),
        ["delivery.max_connections"] = ("[delivery]\nmax_connections = 7", ""),
        ["delivery.ipv6"] = ("[delivery]\nipv6 = false", ""),
        ["delivery.idle_connection_timeout"] = ("[delivery]\nidle_connection_timeout = \"1s\"", ""),
        ["delivery.max_messages_per_connection"] = ("[delivery]\nmax_messages_per_connection = 7", ""),
        ["delivery.chunking"] = ("[delivery]\nchunking = false", ""),
        ["delivery.mta_sts"] = ("[delivery]\nmta_sts = false", ""),
        ["delivery.dane"] = ("[delivery]\ndane = false", ""),
        ["delivery.on_unknown"] = ("[delivery]\non_unknown = \"hold\"", ""),
        ["delivery.learning"] = ("[delivery]\nlearning = false", ""),
        ["delivery.probe_interval"] = ("[delivery]\nprobe_interval = \"7s\"", ""),
        ["delivery.presets"] = ("[delivery]\npresets = \"none\"", ""),
        ["delivery.handoff_journal"] = ("[delivery]\nhandoff_journal = \"off\"", ""),
        ["delivery.timeouts.greeting"] = ("[delivery.timeouts]\ngreeting = \"7s\"", ""),
        ["delivery.timeouts.hello"] = ("[delivery.timeouts]\nhello = \"7s\"", ""),
        ["delivery.timeouts.tls"] = ("[delivery.timeouts]\ntls = \"7s\"", ""),
        ["delivery.timeouts.mail"] = ("[delivery.timeouts]\nmail = \"7s\"", ""),
        ["delivery.timeouts.recipient"] = ("[delivery.timeouts]\nrecipient = \"7s\"", ""),
        ["delivery.timeouts.data"] = ("[delivery.timeouts]\ndata = \"7s\"", ""),
        ["delivery.timeouts.block"] = ("[delivery.timeouts]\nblock = \"7s\"", ""),
        ["delivery.timeouts.final_dot"] = ("[delivery.timeouts]\nfinal_dot = \"7s\"", ""),
        ["bounce.delay_warning"] = ("[bounce]\ndelay_warning = \"7h\"", ""),
        ["site.\"DOMAIN\".max_connections"] = ("[site.\"example.net\"]\nmax_connections = 7", "[site.\"example.net\"]"),
        ["site.\"DOMAIN\".message_rate"] = ("[site.\"example.net\"]\nmessage_rate = \"7/s\"", "[site.\"example.net\"]"),
        ["site.\"DOMAIN\".max_messages_per_connection"] = ("[site.\"example.net\"]\nmax_messages_per_connection = 7", "[site.\"example.net\"]"),
        ["site.\"DOMAIN\".max_recipients_per_transaction"] = ("[site.\"example.net\"]\nmax_recipients_per_transaction = 7", "[site.\"example.net\"]"),
        ["site.\"DOMAIN\".source.NAME.max_connections"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]\nmax_connections = 7", "[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]"),
        ["site.\"DOMAIN\".source.NAME.message_rate"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]\nmessage_rate = [\"7/s\", \"70/h\"]", "[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]"),
        ["site.\"DOMAIN\".source.NAME.byte_rate"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]\nbyte_rate = \"7MiB/s\"", "[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]"),
        ["site.\"DOMAIN\".source.NAME.max_messages_per_connection"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]\nmax_messages_per_connection = 7", "[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]"),
        ["site.\"DOMAIN\".source.NAME.max_recipients_per_transaction"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]\nmax_recipients_per_transaction = 7", "[egress.source.a]\naddress = \"192.0.2.9\"\n[site.\"example.net\".source.a]"),
        ["site.\"DOMAIN\".tls"] = ("[site.\"example.net\"]\ntls = \"required\"", "[site.\"example.net\"]"),
        ["site.\"DOMAIN\".port"] = ("[site.\"example.net\"]\nport = 26", "[site.\"example.net\"]"),
        ["site.\"DOMAIN\".pool"] = (Pools + "[site.\"example.net\"]\npool = \"b\"", Pools + "[site.\"example.net\"]"),
        ["route.\"DOMAIN\".type"] = ("[route.\"example.net\"]\ntype = \"capture\"", "[route.\"example.net\"]\ntype = \"discard\""),
        ["route.\"DOMAIN\".smarthost"] = (Smarthost("smarthost = \"b.example.com:587\""), Smarthost("smarthost = \"a.example.com:587\"")),
        ["route.\"DOMAIN\".username"] = (Smarthost(Host + "username = \"a\"\npassword = \"x\""), Smarthost(Host + "username = \"b\"\npassword = \"x\"")),
        ["route.\"DOMAIN\".password"] = (Smarthost(Host + "username = \"a\"\npassword = \"x\""), Smarthost(Host + "username = \"a\"\npassword = \"y\"")),
        ["route.\"DOMAIN\".password_file"] = (Smarthost(Host + "username = \"a\"\npassword_file = \"p\""), Smarthost(Host + "username = \"a\"\npassword = \"y\"")),
        ["route.\"DOMAIN\".hosts"] = (Smarthost("hosts = [\"a.example.com:587\", { host = \"b.example.com:587\", weight = 3 }]"), Smarthost("hosts = [\"a.example.com:587\", \"b.example.com:587\"]")),
        ["route.\"DOMAIN\".socket"] = (Smarthost("socket = \"/run/a\""), Smarthost("socket = \"/run/b\"")),
        ["route.\"DOMAIN\".oauth_token_url"] = (OAuth("https://a.example.com/token"), OAuth("https://b.example.com/token")),
        ["route.\"DOMAIN\".oauth_client_id"] = (OAuth() + "oauth_client_id = \"a\"\noauth_client_secret = \"s\"", OAuth() + "oauth_client_id = \"b\"\noauth_client_secret = \"s\""),
        ["route.\"DOMAIN\".oauth_client_secret"] = (Client("oauth_client_secret = \"s\""), Client("oauth_client_secret = \"t\"")),
        ["route.\"DOMAIN\".oauth_client_secret_file"] = (Client("oauth_client_secret_file = \"s\""), Client("oauth_client_secret = \"t\"")),
        ["route.\"DOMAIN\".oauth_refresh_token"] = (Client("oauth_refresh_token = \"s\""), Client("oauth_refresh_token = \"t\"")),
        ["route.\"DOMAIN\".oauth_refresh_token_file"] = (Client("oauth_refresh_token_file = \"s\""), Client("oauth_refresh_token = \"t\"")),
        ["route.\"DOMAIN\".oauth_scope"] = (Client("oauth_client_secret = \"s\"\noauth_scope = \"mail\""), Client("oauth_client_secret = \"s\"")),
        ["route.\"DOMAIN\".fallback"] = (Smarthost(Host + "fallback = \"x\"\n[route.x]\n[route.y]"), Smarthost(Host + "fallback = \"y\"\n[route.x]\n[route.y]")),
        ["route.\"DOMAIN\".fallback_after"] = (Smarthost(Host + "fallback_after = 7"), Smarthost(Host)),
        ["rule.NAME.sender_domains"] = (Rule("sender_domains = [\"example.com\"]"), Rule("")),
        ["rule.NAME.recipient_domains"] = (Rule("recipient_domains = [\"example.com\"]"), Rule("")),
        ["rule.NAME.users"] = (Rule("users = [\"a\"]"), Rule("")),
        ["rule.NAME.tags"] = (Rule("tags = [\"a\"]"), Rule("")),
        ["rule.NAME.accounts"] = (Rule("accounts = [7]"), Rule("")),
        ["rule.NAME.stream"] = (Rule("stream = \"broadcast\""), Rule("")),
        ["rule.NAME.route"] = (Pools + "[route.a]\n[rule.r]\npool = \"a\"\nroute = \"a\"", Pools + "[route.a]\n[rule.r]\npool = \"a\""),
        ["rule.NAME.pool"] = (Pools + "[rule.r]\npool = \"a\"", Pools + "[rule.r]\npool = \"b\""),
        ["egress.source.NAME.address6"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\naddress6 = \"2001:db8::9\"", "[egress.source.a]\naddress = \"192.0.2.9\""),
        ["route.\"DOMAIN\".tls"] = (Smarthost(Host + "tls = \"implicit\""), Smarthost(Host)),
        ["dkim.\"DOMAIN\".keys"] = (DkimKey("r1", "rsa", "r1.pem"), ""),
        ["dkim.\"DOMAIN\".keys element.selector"] = (DkimKey("r1", "rsa", "r1.pem"), DkimKey("r2", "rsa", "r1.pem")),
        ["dkim.\"DOMAIN\".keys element.algorithm"] = (DkimKey("r1", "rsa", "r1.pem"), DkimKey("r1", "ed25519", "r1.pem")),
        ["dkim.\"DOMAIN\".keys element.file"] = (DkimKey("r1", "rsa", "r1.pem"), DkimKey("r1", "rsa", "r2.pem")),
        ["inbound.\"DOMAIN\".webhook"] = (Inbound(secret: "whsec_" + A), Inbound(secret: "whsec_" + A, url: "https://b.example.com/")),
        ["inbound.\"DOMAIN\".secret"] = (Inbound(secret: "whsec_" + A), Inbound(secret: "whsec_" + "B" + A[1..])),
        ["inbound.\"DOMAIN\".max_message_size"] = (Inbound(secret: "whsec_" + A) + "max_message_size = \"1MiB\"", Inbound(secret: "whsec_" + A)),
        ["bounce.from"] = ("[bounce]\nfrom = \"reports@example.com\"", ""),
        ["bounce.include"] = ("[bounce]\ninclude = \"full\"", ""),
        ["bounce.language"] = ("[bounce]\nlanguage = \"de\"", ""),
        ["bounce.return_path"] = ("[bounce]\nreturn_path = false", ""),
        ["abuse.mode"] = ("[abuse]\nmode = \"reject\"", ""),
        ["abuse.min_outcomes"] = ("[abuse]\nmin_outcomes = 50", ""),
        ["abuse.max_bounced"] = ("[abuse]\nmax_bounced = \"20%\"", ""),
        ["abuse.min_complaints"] = ("[abuse]\nmin_complaints = 9", ""),
        ["abuse.max_complaints_per_thousand"] = ("[abuse]\nmax_complaints_per_thousand = 9", ""),
        ["abuse.unknown_streak"] = ("[abuse]\nunknown_streak = 9", ""),
        ["abuse.min_volume"] = ("[abuse]\nmin_volume = 99", ""),
        ["abuse.volume_factor"] = ("[abuse]\nvolume_factor = 9", ""),
        ["abuse.new_networks"] = ("[abuse]\nnew_networks = 9", ""),
        ["compliance.transactional"] = ("[compliance]\ntransactional = \"hold\"", ""),
        ["compliance.broadcast"] = ("[compliance]\nbroadcast = \"reject\"", ""),
        ["compliance.feedback_id"] = ("[compliance]\nfeedback_id = true", ""),
        ["suppression.hard_bounces"] = ("[suppression]\nhard_bounces = 3", ""),
        ["suppression.hard_bounce_window"] = ("[suppression]\nhard_bounce_window = \"7d\"", ""),
        ["suppression.hard_bounce_expiry"] = ("[suppression]\nhard_bounce_expiry = \"90d\"", ""),
        ["suppression.complaints"] = ("[suppression]\ncomplaints = false", ""),
        ["suppression.unsubscriptions"] = ("[suppression]\nunsubscriptions = false", ""),
        ["bounce.rate"] = ("[bounce]\nrate = \"7/h\"", ""),
        ["egress.source.NAME.address"] = ("[egress.source.a]\naddress = \"192.0.2.8\"", "[egress.source.a]\naddress = \"192.0.2.9\""),
        ["egress.source.NAME.ehlo"] = ("[egress.source.a]\naddress = \"192.0.2.9\"\nehlo = \"x.example.com\"", "[egress.source.a]\naddress = \"192.0.2.9\""),
        ["egress.pool.NAME.sources"] = (Sources + "[egress.pool.default]\nsources = [\"a\", \"b\"]", Sources + "[egress.pool.default]\nsources = [\"a\"]"),
        ["warmup.NAME.source"] = (Sources + "[warmup.w]\nsource = \"a\"", Sources + "[warmup.w]\nsource = \"b\""),
        ["warmup.NAME.sites"] = (Warmup("sites = [\"google\"]"), Warmup("")),
        ["warmup.NAME.plan"] = (Warmup("plan = [7, 8]"), Warmup("")),
        ["warmup.NAME.first_day"] = (Warmup("first_day = 7"), Warmup("")),
        ["warmup.NAME.daily_growth"] = (Warmup("daily_growth = \"50%\""), Warmup("")),
        ["warmup.NAME.target"] = (Warmup("target = 70"), Warmup("")),
        ["warmup.NAME.max_deferred"] = (Warmup("max_deferred = \"7%\""), Warmup("")),
        ["warmup.NAME.max_bounced"] = (Warmup("max_bounced = \"7%\""), Warmup("")),
        ["warmup.NAME.max_complaints_per_thousand"] = (Warmup("max_complaints_per_thousand = 7"), Warmup("")),
        ["warmup.NAME.pause"] = (Warmup("pause = \"7m\""), Warmup("")),
        ["retention.content_smtp"] = ("[retention]\ncontent_smtp = \"1d\"", ""),
        ["retention.content_captured"] = ("[retention]\ncontent_captured = \"1d\"", ""),
        ["retention.conversations"] = ("[retention]\nconversations = \"1d\"", ""),
        ["retention.events"] = ("[retention]\nevents = \"40d\"", ""),
        ["alert.mail_to"] = ("[alert]\nmail_to = [\"ops@example.com\"]", ""),
        ["alert.webhook"] = ("[alert]\nwebhook = \"https://hooks.example.com/relay\"", ""),
        ["alert.queue_age"] = ("[alert]\nqueue_age = \"2h\"", ""),
        ["alert.deferral_share"] = ("[alert]\ndeferral_share = \"20%\"", ""),
        ["alert.block_lists"] = ("[alert]\nblock_lists = [\"bl.example.com\"]", ""),
        ["service.stop_grace"] = ("[service]\nstop_grace = \"3s\"", ""),
    };

    // Read by the executable itself, where other tests and the process tests see them work.
    private static readonly string[] UsedDirectly =
    [
        "listener.NAME.endpoint", "listener.NAME.socket", "listener.NAME.proxy_networks", "listener.NAME.client_certificates", "listener.NAME.client_issuers", "queue.warn_free_disk", "tls.certificate", "tls.key", "tls.password", "tls.password_file",
        "certificate.NAME.certificate", "certificate.NAME.key", "certificate.NAME.password", "certificate.NAME.password_file", "tls.minimum", "dkim.enabled", "admin.enabled", "admin.endpoint", "admin.token_file",
        "api.endpoint", "api.tls", "api.trusted_proxies", "public.endpoint", "public.tls", "public.trusted_proxies",
        "telemetry.endpoint", "telemetry.protocol", "local.postmaster", "local.maildrop", "local.domains", "local.reports", "inbound.\"DOMAIN\".secret_file", "log.level", "log.format", "log.event_file", "log.event_file_size", "log.event_files", "service.watch_config",
    ];

    // One value only: there is nothing to change it to.
    private static readonly string[] WithoutChoice = ["queue.store"];

    private const string A = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private const string Host = "smarthost = \"a.example.com:587\"\n";
    private const string Sources = "[egress.source.a]\naddress = \"192.0.2.8\"\n[egress.source.b]\naddress = \"192.0.2.9\"\n";
    private const string Pools = Sources + "[egress.pool.a]\nsources = [\"a\"]\n[egress.pool.b]\nsources = [\"b\"]\n";

    public static TheoryData<string> Keys() => [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_changed_setting_changes_what_a_project_is_told(string key) =>
        Assert.NotEqual(Mapped(Changes[key].Base), Mapped(Changes[key].Changed));

    [Fact]
    public void Every_setting_is_looked_at()
    {
        var settings = ConfigurationSchema.Rows.Select(row => row.Section.Length == 0 ? row.Key : $"{row.Section}.{row.Key}");
        var looked = Changes.Keys.Concat(UsedDirectly).Concat(WithoutChoice);
        Assert.Equal(settings.Order(StringComparer.Ordinal), looked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Equal_texts_map_to_equal_options() => Assert.Equal(Mapped("[queue]\nwindow = 7"), Mapped("[queue]\nwindow = 7"));

    [Fact]
    public void The_site_of_all_others_is_the_default_of_every_site()
    {
        var options = new ConfigurationFixture().Options("[site.\"*\"]\nmax_connections = 7\n[delivery]\ntls = \"required\"\nport = 26").ToDelivery(isSandbox: true);

        Assert.Equal((7, 20), (options.AnySite.MaxConnections, options.SiteDefaults.MaxConnections));
        Assert.Equal((26, Delivery.DeliveryTlsMode.Required), (options.SiteDefaults.Port, options.SiteDefaults.Tls));
        Assert.Equal(["*"], options.Sites.Keys);
        Assert.True(options.Sandbox);
    }

    private static string Rule(string lines) => "[route.a]\n[rule.r]\nroute = \"a\"\n" + lines;

    private static string OAuth(string url) => OAuth().Replace("https://login.example.com/token", url, StringComparison.Ordinal) + "oauth_client_id = \"a\"\noauth_client_secret = \"s\"";

    private static string OAuth() => Smarthost(Host + "username = \"a\"\noauth_token_url = \"https://login.example.com/token\"\n");

    private static string Client(string lines) => OAuth() + "oauth_client_id = \"a\"\n" + lines;

    private static string Inbound(string secret, string url = "https://a.example.com/") =>
        $"[inbound.\"in.example\"]\nwebhook = \"{url}\"\nsecret = \"{secret}\"\n";

    private static string Warmup(string line) => Sources + "[warmup.w]\nsource = \"a\"\n" + line;

    private static string Smarthost(string lines) => "[route.\"*\"]\n" + lines;

    private static string DkimKey(string selector, string algorithm, string file) =>
        $"[dkim.\"example.com\"]\nkeys = [{{ selector = \"{selector}\", algorithm = \"{algorithm}\", file = \"{file}\" }}]";

    private static string Mapped(string text)
    {
        var options = new ConfigurationFixture { HasEveryFile = true }.Options(text);
        var listener = options.Listener.Values.First();
        var dump = new StringBuilder();
        Dump(dump, options.Dns.ToResolver(), 0);
        Dump(dump, options.ToTargetPolicy(), 0);
        Dump(dump, options.ToIntake(), 0);
        Dump(dump, options.ToPlatform(), 0);
        Dump(dump, options.ToCampaigns(), 0);
        Dump(dump, options.ToReceivedDomains(), 0);
        Dump(dump, options.ToRetention(), 0);
        Dump(dump, options.ToSuppression(), 0);
        Dump(dump, options.ToCompliance(), 0);
        Dump(dump, options.ToBrake(), 0);
        Dump(dump, options.ToAlerts(), 0);
        Dump(dump, options.Dkim.ToDkimKeyFiles(), 0);
        Dump(dump, options.ToStorage(options.ToRetention()), 0);
        Dump(dump, listener.ToSubmissionRules("submission", options), 0);
        Dump(dump, listener.ToLimits(), 0);
        Dump(dump, listener.ToExtensions(), 0);
        Dump(dump, listener.ToFixUps(options.Submission), 0);
        Dump(dump, options.ToDelivery(isSandbox: false), 0);
        return dump.ToString();
    }

    // All fields, whatever the types show of themselves.
    private static void Dump(StringBuilder text, object? value, int depth)
    {
        Assert.True(depth < 12, "the options hold each other");
        switch (value)
        {
            case null or string or System.Text.RegularExpressions.Regex or IPAddress or IPEndPoint or IPNetwork or TimeSpan or Uri or Enum or Mail.DomainName or Mail.Mailbox:
            case var plain when plain.GetType().IsPrimitive:
                text.Append(value ?? "null").Append('\n');
                break;
            case IEnumerable items:
                foreach (var item in items)
                {
                    Dump(text, item, depth + 1);
                }

                break;
            default:
                foreach (var field in value.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                {
                    text.Append(' ', depth).Append(field.Name).Append(": ");
                    Dump(text, field.GetValue(value), depth + 1);
                }

                break;
        }
    }
}
