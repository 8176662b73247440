using System.Text.Json;
using Relay.Dns;

namespace Relay;

/// <summary><c>relay doctor</c>: is this machine fit to send mail, and if not, what is to be done.</summary>
internal static class DoctorCommand
{
    public static readonly IReadOnlyList<OptionSpec> Options =
    [
        new("lists", "ZONES", "block lists to ask (RFC 5782), separated by commas; 'none' asks none"),
        new("connect", "HOST", "try port 25 of this host from here: the way out is open or blocked"),
        new("json", null, "print the findings as JSON"),
    ];

    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var configuration = CommandConfiguration.LoadWithOrigin(context);
        var resolver = DnsServices.CreateResolver(configuration.Options.Dns.ToResolver(), TimeProvider.System);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var status = await client.GetAsync("admin/v1/status", cancellationToken);
        var machine = new MachineChecks(configuration.Options, configuration.File);
        var names = new NameChecks(configuration.Options, resolver);
        var findings = new List<DoctorFinding>();
        findings.AddRange(machine.Run(status));
        findings.AddRange(await names.RunAsync(context.Invocation.Option("lists"), cancellationToken));
        findings.AddRange(await DomainsAsync(client, cancellationToken));
        if (context.Invocation.Option("connect") is { } host)
        {
            findings.Add(await names.ConnectAsync(host, cancellationToken));
        }

        await WriteAsync(context, findings);
        return findings.Exists(finding => finding.State == DoctorState.Fail) ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static async Task<IEnumerable<DoctorFinding>> DomainsAsync(AdminClient client, CancellationToken cancellationToken)
    {
        var domains = (await client.GetAsync("admin/v1/domains", cancellationToken)).GetProperty("entries").EnumerateArray().ToList();
        if (domains.Count == 0)
        {
            return [await WithoutDomainsAsync(client, cancellationToken)];
        }

        var findings = new List<DoctorFinding>();
        foreach (var domain in domains)
        {
            var path = $"admin/v1/domains/{Uri.EscapeDataString(domain.Text("name"))}/verify?account={Uri.EscapeDataString(domain.Text("account"))}";
            var found = await client.PostAsync(path, new { }, cancellationToken);
            findings.Add(Records(found));
            findings.AddRange(found.GetProperty("advice").EnumerateArray().Where(item => item.Text("state") == "wrong").Select(item => new DoctorFinding(
                "domain " + domain.Text("name"), DoctorState.Note, $"{item.Text("check")}: {item.Text("found")}", item.Text("remedy"))));
        }

        return findings;
    }

    private static DoctorFinding Records(JsonElement domain)
    {
        var name = domain.Text("name");
        var missing = NamesOf(domain, status => status is not ("success" or "temporaryFailure"));
        var unknown = NamesOf(domain, status => status == "temporaryFailure");
        if (missing.Count + unknown.Count == 0)
        {
            var besides = domain.GetProperty("advice").EnumerateArray().Where(item => item.Text("state") == "missing" && item.Text("remedy").Length > 0).Select(item => item.Text("check")).ToList();
            return new DoctorFinding("domain " + name, DoctorState.Ok, "all records were found" + (besides.Count == 0 ? "" : $"; good to have besides: {string.Join(", ", besides)} ('relay domain verify {name}')"), null);
        }

        if (missing.Count == 0)
        {
            return new DoctorFinding("domain " + name, DoctorState.Note, "DNS does not tell of " + string.Join(", ", unknown), $"later 'relay domain verify {name}'");
        }

        var text = "not found or different: " + string.Join(", ", missing) + (unknown.Count == 0 ? "" : "; DNS does not tell of " + string.Join(", ", unknown));
        return new DoctorFinding(
            "domain " + name, domain.Text("status") == "success" ? DoctorState.Note : DoctorState.Fail, text, $"publish what 'relay domain verify {name}' shows; it looks again, too");
    }

    private static List<string> NamesOf(JsonElement domain, Func<string, bool> isMeant) =>
        [.. domain.GetProperty("records").EnumerateArray().Where(record => isMeant(record.Text("status"))).Select(record => $"{record.Text("type")} {record.Text("name")}")];

    // Who sends by SMTP only may have no more than keys.
    private static async Task<DoctorFinding> WithoutDomainsAsync(AdminClient client, CancellationToken cancellationToken)
    {
        var signed = (await client.GetAsync("admin/v1/dkim", cancellationToken)).GetProperty("entries").EnumerateArray().Select(key => key.Text("domain")).Distinct().ToList();
        return signed.Count == 0
            ? new DoctorFinding("domains", DoctorState.Note, "no sending domain is known", "relay domain add DOMAIN, then publish what it prints")
            : new DoctorFinding(
                "domains",
                DoctorState.Note,
                "there are signing keys of " + string.Join(", ", signed) + ", whose other records nobody watches",
                $"relay dkim check {signed[0]}, relay domain check {signed[0]}; or relay domain add {signed[0]}, which takes those keys");
    }

    private static async Task WriteAsync(CommandContext context, List<DoctorFinding> findings)
    {
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(JsonSerializer.Serialize(
                findings.Select(finding => new { finding.Name, State = finding.State.ToString().ToLowerInvariant(), finding.Text, finding.Advice }), JsonSerializerOptions.Web));
            return;
        }

        foreach (var finding in findings)
        {
            var word = finding.State switch { DoctorState.Ok => "ok", DoctorState.Note => "note", _ => "FAIL" };
            await context.Out.WriteLineAsync($"{word,-5} {finding.Name,-26} {finding.Text}");
            if (finding.State != DoctorState.Ok && finding.Advice is { } advice)
            {
                await context.Out.WriteLineAsync($"      {string.Empty,-26} → {advice}");
            }
        }
    }
}

internal enum DoctorState
{
    Ok,
    Note,
    Fail,
}

/// <param name="Advice">What to do; null when nothing is.</param>
internal sealed record DoctorFinding(string Name, DoctorState State, string Text, string? Advice);
