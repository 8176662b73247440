using System.Net;
using Relay.Mail;
using Relay.Platform;
using Relay.Queue;
using Relay.Smtp.Server;
using Relay.Toml;

namespace Relay;

/// <summary>The rules that concern several settings; single values were checked when they were bound.</summary>
internal sealed class RelayOptionsValidator(RelayOptions options, BindingContext context)
{
    public void Validate()
    {
        CheckHostname();
        CheckEndpoints();
        CheckListeners();
        CheckDisk();
        CheckCertificate();
        CheckRetry();
        new RouteValidator(options, context).Validate();
        new WarmupValidator(options, context).Validate();
        CheckDkim();
        CheckAdmin();
        CheckPublic();
        CheckCampaigns();
        CheckStreams();
        CheckInbound();
    }

    private void CheckInbound()
    {
        foreach (var (domain, section) in options.Inbound)
        {
            var path = BindingContext.Join("inbound", domain);
            if (section.Webhook is { IsLoopback: false } url && url.Scheme != Uri.UriSchemeHttps)
            {
                context.Fault(path + ".webhook", $"{TomlText.Quote(url.OriginalString)} would send mail in clear", "allowed: a URL that begins with https://, or an address of this host");
            }

            if (section.Secret is { } secret && !ReceivedHook.IsSecret(secret.Reveal()))
            {
                context.Fault(path + ".secret", "is no secret of Standard Webhooks", "allowed: whsec_ and 24 to 64 bytes in base64, such as \"whsec_$(openssl rand -base64 32)\" makes");
            }
        }

        if (options.Inbound.Count > 0 && options.Listener.Values.All(static listener => listener.Auth == ListenerAuthentication.Required))
        {
            context.Warn("inbound", "every listener demands a login: no other mail server can bring mail for these domains; one of them needs auth = \"optional\"");
        }
    }

    private void CheckStreams()
    {
        foreach (var stream in Enum.GetValues<MailStream>())
        {
            var (path, section) = ($"stream.{stream.ToString().ToLowerInvariant()}", options.Stream.Of(stream));
            if (section.OneClick && options.Public.PublicUrl?.Scheme != Uri.UriSchemeHttps)
            {
                context.Fault($"{path}.one_click", "needs a page that recipients reach", "allowed: with public.public_url beginning with https:// (RFC 8058 section 3.1)");
            }

            if (section.FeedbackId is { } form && FeedbackIdForm.FaultOf(form) is { } fault)
            {
                context.Fault($"{path}.feedback_id", fault, "allowed: such as \"{campaign}:{account}:{stream}:examplemail\"");
            }

            if (section.UnsubscribeMailbox is { } mailbox && !options.Local.Reports.Contains(mailbox))
            {
                context.Fault($"{path}.unsubscribe_mailbox", $"{TomlText.Quote(mailbox.ToString())} is not read here", "allowed: an address that stands in local.reports");
            }
        }
    }

    private void CheckCampaigns()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(options.Campaigns.TimeZone, out _))
        {
            context.Fault("campaigns.time_zone", $"\"{options.Campaigns.TimeZone}\" is no time zone this system knows", "allowed: a name such as \"Europe/Berlin\" or \"UTC\"");
        }
    }

    private void CheckPublic()
    {
        if (options.Public.Endpoint is not null && options.Public.PublicUrl is null)
        {
            context.Fault("public.public_url", "is missing", "allowed: where recipients reach the endpoint, such as \"https://mail.example.com\"");
        }
    }

    private void CheckHostname()
    {
        if (options.Hostname.Labels.Count < 2)
        {
            context.Warn("hostname", $"\"{options.Hostname}\" is no fully qualified name; other mail servers may refuse it in EHLO (RFC 5321 §2.3.5)");
        }
    }

    private void CheckEndpoints()
    {
        List<(string Path, IPEndPoint Endpoint)> endpoints =
            [.. options.Listener.Where(static l => l.Value.Socket is null).Select(static l => ($"listener.{l.Key}.endpoint", l.Value.Endpoint))];
        if (options.Admin.Enabled)
        {
            endpoints.Add(("admin.endpoint", options.Admin.Endpoint));
        }

        if (options.Api.Endpoint is { } api)
        {
            endpoints.Add(("api.endpoint", api));
        }

        if (options.Public.Endpoint is { } recipients)
        {
            endpoints.Add(("public.endpoint", recipients));
        }

        for (var i = 1; i < endpoints.Count; i++)
        {
            var earlier = endpoints[..i].Find(e => Collide(e.Endpoint, endpoints[i].Endpoint));
            if (earlier.Path is not null)
            {
                context.Fault(endpoints[i].Path, $"\"{endpoints[i].Endpoint}\" is taken by {earlier.Path}", "allowed: an address and port of its own");
            }
        }
    }

    private void CheckDisk()
    {
        if (options.Queue.WarnFreeDisk is { Bytes: > 0 and var enough } && enough < options.Queue.MinFreeDisk.Bytes)
        {
            context.Fault("queue.warn_free_disk", "mail would be refused before anybody is warned", "allowed: \"0\", or queue.min_free_disk and more");
        }
    }

    private void CheckListeners()
    {
        foreach (var (name, listener) in options.Listener)
        {
            CheckClientCertificates(name, listener);
            var isLocal = listener.Socket is not null || IPAddress.IsLoopback(listener.Endpoint.Address);
            if (!isLocal && listener.RelayNetworks.Any(static network => network.PrefixLength == 0))
            {
                context.Warn($"listener.{name}.relay_networks", "anybody may relay here without AUTH: this is an open relay");
            }

            if (!isLocal && listener.Tls == SmtpTlsMode.None && listener.Auth != ListenerAuthentication.None)
            {
                context.Warn($"listener.{name}.tls", "AUTH is not offered without TLS: nobody can log in here; use starttls, required or implicit");
            }
        }
    }

    private void CheckClientCertificates(string name, ListenerSection listener)
    {
        if (listener.ClientCertificates != ClientCertificateMode.Off && listener.Tls == SmtpTlsMode.None)
        {
            context.Fault($"listener.{name}.client_certificates", "there are no certificates without TLS", "allowed: off, or tls = starttls, required or implicit");
        }

        if (listener.ClientIssuers is not null && listener.ClientCertificates == ClientCertificateMode.Off)
        {
            context.Fault($"listener.{name}.client_issuers", "nobody is asked for a certificate here", "allowed: with client_certificates = request or require");
        }
    }

    private void CheckCertificate()
    {
        foreach (var (name, network) in options.Network)
        {
            if (network.Listeners.FirstOrDefault(listener => !options.Listener.ContainsKey(listener)) is { } unknown)
            {
                context.Fault($"network.{name}.listeners", $"{TomlText.Quote(unknown)} is no listener", $"allowed: {string.Join(", ", options.Listener.Keys)}");
            }
        }

        foreach (var (name, certificate) in options.Certificate)
        {
            CheckKeyOfContainer($"certificate.{name}.key", certificate.Certificate, certificate.Key);
        }

        CheckKeyOfContainer("tls.key", options.Tls.Certificate, options.Tls.Key);
        if (options.Tls.Certificate is { } file && CertificateFiles.IsPkcs12File(file))
        {
            return;
        }

        if (options.Tls.Certificate is null != options.Tls.Key is null)
        {
            var (given, missing) = options.Tls.Key is null ? ("certificate", "key") : ("key", "certificate");
            context.Fault("tls." + given, $"is given without {missing}", "allowed: both or neither");
        }
    }

    private void CheckRetry()
    {
        if (options.Retry.ExpireAfter < options.Retry.Schedule[0])
        {
            context.Fault("retry.expire_after", "is shorter than the first wait of schedule", "allowed: time for a second attempt at least");
        }

        foreach (var stream in Enum.GetValues<MailStream>())
        {
            if (options.Retry.ExpireAfterOf(stream) < options.Retry.ScheduleOf(stream).Steps[0] && options.Retry.ExpireAfter >= options.Retry.Schedule[0])
            {
                context.Fault(
                    $"retry.{stream.ToString().ToLowerInvariant()}.expire_after", "is shorter than the first wait", "allowed: time for a second attempt at least");
            }
        }
    }

    private void CheckDkim()
    {
        foreach (var (domain, section) in options.Dkim.Domains)
        {
            var path = BindingContext.Join("dkim", domain);
            for (var i = 0; i < section.Keys.Count; i++)
            {
                var selector = section.Keys[i].Selector;
                if (selector.Length > 0 && !DomainName.TryParse(selector, out _))
                {
                    context.Fault($"{path}.keys[{i}].selector", $"{TomlText.Quote(selector)} is not allowed", "allowed: letters, digits and inner hyphens, in labels joined by dots");
                }

                if (section.Keys.Take(i).Any(k => k.Selector.Equals(selector, StringComparison.OrdinalIgnoreCase)))
                {
                    context.Fault($"{path}.keys[{i}].selector", $"{TomlText.Quote(selector)} is given twice", "allowed: a selector of its own for each key");
                }
            }
        }
    }

    private void CheckAdmin()
    {
        if (options.Admin.Enabled && !IPAddress.IsLoopback(options.Admin.Endpoint.Address))
        {
            context.Warn("admin.endpoint", "the token crosses the network in clear; put a TLS proxy in front and listen on loopback");
        }
    }

    private void CheckKeyOfContainer(string path, string? certificate, string? key)
    {
        if (key is not null && certificate is not null && CertificateFiles.IsPkcs12File(certificate))
        {
            context.Fault(path, "is given, and the PKCS#12 file holds a key already", "allowed: with a certificate in PEM");
        }
    }

    private static bool Collide(IPEndPoint a, IPEndPoint b) =>
        a.Port != 0 && a.Port == b.Port && a.AddressFamily == b.AddressFamily
        && (a.Address.Equals(b.Address) || IsAny(a.Address) || IsAny(b.Address));

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
