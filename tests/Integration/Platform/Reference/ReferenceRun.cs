using System.Text.Json.Nodes;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What must be shown before an operation of the reference counts as working.</summary>
public enum Proof
{
    /// <summary>A success that is as the reference describes it.</summary>
    Success,

    /// <summary>The same read back after a restart.</summary>
    ReadBack,

    /// <summary>Each documented error, and the usual ones, provoked.</summary>
    Errors,

    /// <summary>A key of another account is refused and sees nothing.</summary>
    Foreign,

    /// <summary>Its effect seen in mail or state.</summary>
    Effect,
}

/// <summary>Uses every operation of the reference that is served, once as its clients would, and notes what was shown.</summary>
/// <remarks>1. Use them all. 2. Look at the effects. 3. Provoke errors, and come as a stranger. 4. Restart, and read back. 5. Delete.</remarks>
public sealed class ReferenceRun : IAsyncLifetime
{
    private readonly ReferenceSpec _spec = new();
    private readonly Dictionary<(string Operation, Proof Proof), string> _shown = [];
    private readonly ApiWorld _world = new();
    private ApiClient _own = null!;
    private ApiClient _stranger = null!;
    private ApiClient _restricted = null!;

    /// <summary>Operations served now; the others answer 404 in the API's shape.</summary>
    public static IReadOnlyList<string> Served { get; } =
    [
        "GET /v1/domains", "POST /v1/domains", "PUT /v1/domains/{id}/verify", "GET /v1/domains/{id}", "DELETE /v1/domains/{id}",
        "GET /v1/emails/{emailId}", "PATCH /v1/emails/{emailId}", "GET /v1/emails", "POST /v1/emails", "POST /v1/emails/batch",
        "POST /v1/emails/{emailId}/cancel",
        .. ReferenceContacts.Operations,
        .. ReferenceCampaigns.Operations,
    ];

    internal ReferenceSpec Spec => _spec;

    internal ApiWorld World => _world;

    internal ApiClient Own => _own;

    internal ApiClient Stranger => _stranger;

    /// <summary>Empty when the proof was given; else what was wrong.</summary>
    public string Result(string operation, Proof proof) => _shown.GetValueOrDefault((operation, proof), "never tried");

    public async Task InitializeAsync()
    {
        await _world.StartAsync(more: string.Create(System.Globalization.CultureInfo.InvariantCulture, $"[public]\nendpoint = \"127.0.0.1:{LoopbackPorts.Free()}\"\npublic_url = \"https://mail.example.com\""));
        _own = await _world.ClientAsync("own");
        _restricted = await _world.ClientAsync("restricted", "full", "--domain", "elsewhere.test");
        var (exitCode, output) = await _world.Relay.RunAsync("account", "add", "strangers");
        Expect(exitCode == 0, output);
        _stranger = await _world.ClientAsync("stranger", "full", "--account", "strangers");

        var domain = await UseDomainsAsync();
        var emails = await UseEmailsAsync(domain);
        var contacts = new ReferenceContacts(this);
        await contacts.UseAsync();
        await contacts.ProvokeAsync();
        await contacts.ComeAsStrangerAsync();
        var campaigns = new ReferenceCampaigns(this);
        await campaigns.UseAsync();
        await campaigns.ProvokeAsync();
        await campaigns.ComeAsStrangerAsync();
        await ProvokeAsync(domain, emails);
        await ComeAsStrangerAsync(domain, emails);
        await contacts.ReadBackAsync(() => campaigns.ReadBackAsync(() => ReadBackAsync(domain, emails)));
        await campaigns.LeaveAsync();
        await contacts.DeleteAsync();
        await DeleteAsync(domain);
    }

    public async Task DisposeAsync()
    {
        _own?.Dispose();
        _stranger?.Dispose();
        _restricted?.Dispose();
        await _world.DisposeAsync();
    }

    private async Task<JsonNode> UseDomainsAsync()
    {
        var created = await ShowAsync("POST /v1/domains", Proof.Success, () => _own.PostAsync("/v1/domains", """{"name":"sender.test","region":"eu-west-1"}"""));
        var id = created["id"].ToString();
        _world.Publish(created.Body!);
        await ShowAsync("PUT /v1/domains/{id}/verify", Proof.Success, () => _own.PutAsync($"/v1/domains/{id}/verify", "{}"));
        await NoteAsync("PUT /v1/domains/{id}/verify", Proof.Effect, () => Poll.UntilAsync("verified", async () =>
            (await _own.GetAsync($"/v1/domains/{id}")).Word("status") == "SUCCESS"));
        var read = await ShowAsync("GET /v1/domains/{id}", Proof.Success, () => _own.GetAsync($"/v1/domains/{id}"));
        Note("POST /v1/domains", Proof.Effect, read["name"].GetValue<string>() == "sender.test" && read["region"].GetValue<string>() == "eu-west-1", read.Text);
        Note("GET /v1/domains/{id}", Proof.Effect, read["dnsRecords"].AsArray().Any(r => r!["status"]!.GetValue<string>() == "SUCCESS"), read.Text);
        var list = await ShowAsync("GET /v1/domains", Proof.Success, () => _own.GetAsync("/v1/domains"));
        Note("GET /v1/domains", Proof.Effect, list.Body!.AsArray().Any(d => d!["id"]!.ToString() == id), list.Text);
        return read.Body!;
    }

    private async Task<Emails> UseEmailsAsync(JsonNode domain)
    {
        const string Batch = """
            [{"from":"App <app@sender.test>","to":"b1@dest.test","subject":"One","text":"1"},
             {"from":"app@sender.test","to":["b2@dest.test"],"subject":"Two","html":"<p>2</p>"}]
            """;
        var sent = await ShowAsync("POST /v1/emails", Proof.Success, () => _own.PostAsync("/v1/emails", Full));
        var arrived = await _world.Sink.NextMessageAsync();
        Note("POST /v1/emails", Proof.Effect, arrived.Text.Contains("DKIM-Signature", StringComparison.Ordinal) && arrived.Text.Contains("Subject: Hello", StringComparison.Ordinal) && !arrived.Text.Contains("hidden@dest.test", StringComparison.Ordinal), arrived.Text);
        var batch = await ShowAsync("POST /v1/emails/batch", Proof.Success, () => _own.PostAsync("/v1/emails/batch", Batch));
        var pair = await _world.Sink.NextMessagesAsync(2);
        Note("POST /v1/emails/batch", Proof.Effect, pair.SelectMany(m => m.Recipients).Order().SequenceEqual(["b1@dest.test", "b2@dest.test"]), batch.Text);

        var later = await _own.PostAsync("/v1/emails", Scheduled(1));
        var moved = await ShowAsync("PATCH /v1/emails/{emailId}", Proof.Success, () =>
            _own.PatchAsync($"/v1/emails/{later.Word("emailId")}", $$"""{"scheduledAt":"{{Iso(48)}}"}"""));
        var afterMove = await _own.GetAsync("/v1/emails?limit=100");
        Note("PATCH /v1/emails/{emailId}", Proof.Effect, Row(afterMove, later.Word("emailId"))?["scheduledAt"]?.GetValue<string>() == Iso(48), moved.Text + afterMove.Text);
        var doomed = await _own.PostAsync("/v1/emails", Scheduled(2));
        await ShowAsync("POST /v1/emails/{emailId}/cancel", Proof.Success, () => _own.PostAsync($"/v1/emails/{doomed.Word("emailId")}/cancel", "{}"));
        await NoteAsync("POST /v1/emails/{emailId}/cancel", Proof.Effect, () => Poll.UntilAsync("it is cancelled", async () =>
            Statuses(await _own.GetAsync($"/v1/emails/{doomed.Word("emailId")}")).Contains("CANCELLED")));

        var id = sent.Word("emailId");
        await Poll.UntilAsync("the delivery is known", async () => Statuses(await _own.GetAsync($"/v1/emails/{id}")).Contains("DELIVERED"));
        var read = await ShowAsync("GET /v1/emails/{emailId}", Proof.Success, () => _own.GetAsync($"/v1/emails/{id}"));
        Note("GET /v1/emails/{emailId}", Proof.Effect, Statuses(read) is ["QUEUED", ..] && read["bcc"].ToJsonString().Contains("hidden@dest.test", StringComparison.Ordinal), read.Text);
        var list = await ShowAsync("GET /v1/emails", Proof.Success, () => _own.GetAsync($"/v1/emails?page=1&limit=3&domainId={domain["id"]}&startDate={Iso(-24)}"));
        Note("GET /v1/emails", Proof.Effect, list["data"].AsArray().Count == 3 && list["count"].GetValue<int>() == 5, list.Text);
        return new Emails(id, batch["data"][0]!["emailId"]!.GetValue<string>(), later.Word("emailId"), doomed.Word("emailId"));
    }

    private async Task ProvokeAsync(JsonNode domain, Emails emails)
    {
        var id = domain["id"]!.ToString();
        await RefusedAsync("POST /v1/domains", (400, _own.PostAsync("/v1/domains", """{"region":"x"}""")), (400, _own.PostAsync("/v1/domains", """{"name":"no name","region":"x"}""")), (409, _own.PostAsync("/v1/domains", """{"name":"sender.test","region":"x"}""")));
        await RefusedAsync("GET /v1/domains", (401, new ApiClient(_world.ApiPort, null).GetAsync("/v1/domains")), (401, new ApiClient(_world.ApiPort, "rk_wrong").GetAsync("/v1/domains")));
        await RefusedAsync("GET /v1/domains/{id}", (404, _own.GetAsync("/v1/domains/999999")), (403, _restricted.GetAsync($"/v1/domains/{id}")));
        await RefusedAsync("PUT /v1/domains/{id}/verify", (404, _own.PutAsync("/v1/domains/999999/verify", "{}")), (403, _restricted.PutAsync($"/v1/domains/{id}/verify", "{}")));
        await RefusedAsync("DELETE /v1/domains/{id}", (404, _own.DeleteAsync("/v1/domains/999999")), (403, _restricted.DeleteAsync($"/v1/domains/{id}")));
        await RefusedAsync("POST /v1/emails",
            (400, _own.PostAsync("/v1/emails", """{"from":"app@sender.test","to":"nonsense","subject":"x","text":"y"}""")),
            (400, _own.PostAsync("/v1/emails", """{"from":"app@unknown.test","to":"a@dest.test","subject":"x","text":"y"}""")),
            (403, _restricted.PostAsync("/v1/emails", """{"from":"app@sender.test","to":"a@dest.test","subject":"x","text":"y"}""")),
            (404, _own.PostAsync("/v1/emails", """{"from":"app@sender.test","to":"a@dest.test","subject":"x","text":"y","inReplyToId":"unknown"}""")));
        await RefusedAsync("POST /v1/emails/batch",
            (400, _own.PostAsync("/v1/emails/batch", "[]")),
            (400, _own.PostAsync("/v1/emails/batch", """[{"from":"app@sender.test","to":"a@dest.test","subject":"x","text":"y"},{"from":"app@sender.test","subject":"x","text":"y"}]""")));
        await RefusedAsync("GET /v1/emails", (400, _own.GetAsync("/v1/emails?page=0")), (400, _own.GetAsync("/v1/emails?startDate=yesterday")));
        await RefusedAsync("GET /v1/emails/{emailId}", (404, _own.GetAsync("/v1/emails/unknown")));
        await RefusedAsync("PATCH /v1/emails/{emailId}", (400, _own.PatchAsync($"/v1/emails/{emails.Later}", "{}")), (400, _own.PatchAsync($"/v1/emails/{emails.Sent}", $$"""{"scheduledAt":"{{Iso(1)}}"}""")), (404, _own.PatchAsync("/v1/emails/unknown", $$"""{"scheduledAt":"{{Iso(1)}}"}""")));
        await RefusedAsync("POST /v1/emails/{emailId}/cancel", (400, _own.PostAsync($"/v1/emails/{emails.Sent}/cancel", "{}")), (404, _own.PostAsync("/v1/emails/unknown/cancel", "{}")));
    }

    private async Task ComeAsStrangerAsync(JsonNode domain, Emails emails)
    {
        var id = domain["id"]!.ToString();
        Note("GET /v1/domains", Proof.Foreign, (await _stranger.GetAsync("/v1/domains")).Text == "[]", "a stranger's list is not empty");
        var list = await _stranger.GetAsync("/v1/emails");
        Note("GET /v1/emails", Proof.Foreign, list["count"].GetValue<int>() == 0 && list["data"].AsArray().Count == 0, list.Text);
        await SameAsUnknownAsync("GET /v1/domains/{id}", _stranger.GetAsync($"/v1/domains/{id}"), _stranger.GetAsync("/v1/domains/999999"));
        await SameAsUnknownAsync("PUT /v1/domains/{id}/verify", _stranger.PutAsync($"/v1/domains/{id}/verify", "{}"), _stranger.PutAsync("/v1/domains/999999/verify", "{}"));
        await SameAsUnknownAsync("DELETE /v1/domains/{id}", _stranger.DeleteAsync($"/v1/domains/{id}"), _stranger.DeleteAsync("/v1/domains/999999"));
        await SameAsUnknownAsync("GET /v1/emails/{emailId}", _stranger.GetAsync($"/v1/emails/{emails.Sent}"), _stranger.GetAsync("/v1/emails/unknown"));
        await SameAsUnknownAsync("PATCH /v1/emails/{emailId}", _stranger.PatchAsync($"/v1/emails/{emails.Later}", $$"""{"scheduledAt":"{{Iso(3)}}"}"""), _stranger.PatchAsync("/v1/emails/unknown", $$"""{"scheduledAt":"{{Iso(3)}}"}"""));
        await SameAsUnknownAsync("POST /v1/emails/{emailId}/cancel", _stranger.PostAsync($"/v1/emails/{emails.Later}/cancel", "{}"), _stranger.PostAsync("/v1/emails/unknown/cancel", "{}"));
        var foreignFrom = await _stranger.PostAsync("/v1/emails", Full);
        Note("POST /v1/emails", Proof.Foreign, foreignFrom.Status == 400, foreignFrom.Text);
        var foreignBatch = await _stranger.PostAsync("/v1/emails/batch", "[" + Full + "]");
        Note("POST /v1/emails/batch", Proof.Foreign, foreignBatch.Status == 400, foreignBatch.Text);

        // Another account may claim the name, but never prove it while the first one holds it.
        var claim = await _stranger.PostAsync("/v1/domains", """{"name":"sender.test","region":"x"}""");
        _world.Publish(claim.Body!);
        await _stranger.PutAsync($"/v1/domains/{claim["id"]}/verify", "{}");
        ApiAnswer? claimed = null;
        await NoteAsync("POST /v1/domains", Proof.Foreign, () => Poll.UntilAsync("the claim is refused", async () =>
        {
            claimed = await _stranger.GetAsync($"/v1/domains/{claim["id"]}");
            return claimed.Body!["verificationError"] is not null && claimed.Word("status") != "SUCCESS";
        }));
    }

    private async Task ReadBackAsync(JsonNode domain, Emails emails)
    {
        var ids = new[] { emails.Sent, emails.InBatch, emails.Later, emails.Cancelled };
        var before = new List<string>();
        foreach (var id in ids)
        {
            before.Add((await _own.GetAsync($"/v1/emails/{id}")).Text);
        }

        var domainBefore = (await _own.GetAsync($"/v1/domains/{domain["id"]}")).Text;
        var listBefore = (await _own.GetAsync("/v1/emails")).Text;
        var domainsBefore = (await _own.GetAsync("/v1/domains")).Text;
        await _world.RestartAsync();
        string[] operations = ["POST /v1/emails", "POST /v1/emails/batch", "PATCH /v1/emails/{emailId}", "POST /v1/emails/{emailId}/cancel"];
        for (var i = 0; i < ids.Length; i++)
        {
            Same(operations[i], before[i], (await _own.GetAsync($"/v1/emails/{ids[i]}")).Text);
        }

        Same("GET /v1/emails/{emailId}", before[0], (await _own.GetAsync($"/v1/emails/{emails.Sent}")).Text);
        Same("GET /v1/emails", listBefore, (await _own.GetAsync("/v1/emails")).Text);
        Same("GET /v1/domains", domainsBefore, (await _own.GetAsync("/v1/domains")).Text);
        var domainAfter = (await _own.GetAsync($"/v1/domains/{domain["id"]}")).Text;
        Same("GET /v1/domains/{id}", domainBefore, domainAfter);
        Same("POST /v1/domains", domainBefore, domainAfter);
        Same("PUT /v1/domains/{id}/verify", domainBefore, domainAfter);
    }

    private async Task DeleteAsync(JsonNode domain)
    {
        await ShowAsync("DELETE /v1/domains/{id}", Proof.Success, () => _own.DeleteAsync($"/v1/domains/{domain["id"]}"));
        var refused = await _own.PostAsync("/v1/emails", Full);
        Note("DELETE /v1/domains/{id}", Proof.Effect, refused.Status == 400, refused.Text);
        await _world.RestartAsync();
        var gone = await _own.GetAsync($"/v1/domains/{domain["id"]}");
        Note("DELETE /v1/domains/{id}", Proof.ReadBack, gone.Status == 404, gone.Text);
    }

    internal async Task<ApiAnswer> ShowAsync(string operation, Proof proof, Func<Task<ApiAnswer>> call)
    {
        var answer = await call();
        var faults = _spec.Faults(operation, answer.Status, answer.Body);
        Note(operation, proof, answer.Status == 200 && faults.Count == 0, string.Join("; ", faults) + " " + answer.Text);
        Expect(answer.Status == 200, $"{operation}: {answer.Status} {answer.Text}");
        return answer;
    }

    /// <summary>Errors are in the API's shape; those the reference describes are as it describes them.</summary>
    internal async Task RefusedAsync(string operation, params (int Status, Task<ApiAnswer> Call)[] attempts)
    {
        var faults = new List<string>();
        var seen = new List<int>();
        foreach (var (status, call) in attempts)
        {
            var answer = await call;
            seen.Add(answer.Status);
            if (answer.Status != status || string.IsNullOrWhiteSpace(answer.Message))
            {
                faults.Add($"expected {status}, got {answer.Status}: {answer.Text}");
            }

            var isDescribed = _spec.DocumentedErrors(operation).Contains(status);
            faults.AddRange(isDescribed ? _spec.Faults(operation, answer.Status, answer.Body) : answer.Code is null ? [$"no code: {answer.Text}"] : []);
        }

        faults.AddRange(_spec.DocumentedErrors(operation).Except(seen).Select(status => $"{status} was not provoked"));
        Note(operation, Proof.Errors, faults.Count == 0, string.Join("; ", faults));
    }

    internal async Task SameAsUnknownAsync(string operation, Task<ApiAnswer> foreign, Task<ApiAnswer> unknown)
    {
        var (theirs, nobodys) = (await foreign, await unknown);
        Note(operation, Proof.Foreign, theirs.Status == 404 && nobodys.Status == 404 && theirs.Code == nobodys.Code, $"{theirs.Status} {theirs.Text} / {nobodys.Status} {nobodys.Text}");
    }

    internal void Same(string operation, string before, string after) =>
        Note(operation, Proof.ReadBack, before == after, $"before {before}\nafter {after}");

    internal void Note(string operation, Proof proof, bool isGood, string what) => _shown[(operation, proof)] = isGood ? "" : what.Length == 0 ? "wrong" : what;

    internal async Task NoteAsync(string operation, Proof proof, Func<Task> act)
    {
        try
        {
            await act();
            Note(operation, proof, true, "");
        }
        catch (TimeoutException late)
        {
            Note(operation, proof, false, late.Message);
        }
    }

    private static void Expect(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException(what);
        }
    }

    private static IReadOnlyList<string> Statuses(ApiAnswer email) =>
        [.. email["emailEvents"].AsArray().Select(e => e!["status"]!.GetValue<string>())];

    private static JsonNode? Row(ApiAnswer list, string id) => list["data"].AsArray().FirstOrDefault(e => e!["id"]!.GetValue<string>() == id);

    private static readonly DateTimeOffset Start = TimeProvider.System.GetUtcNow();

    private static string Iso(int hours) => Start.AddHours(hours).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static string Scheduled(int hours) => $$"""{"from":"app@sender.test","to":"later@dest.test","subject":"Later","text":"later","scheduledAt":"{{Iso(hours)}}"}""";

    private const string Full = """
        {"from":"App <app@sender.test>","to":["a@dest.test"],"cc":"c@dest.test","bcc":["hidden@dest.test"],"replyTo":"answers@sender.test",
         "subject":"Hello","html":"<p>Hello <b>you</b></p>","headers":{"X-Order":"7"},
         "attachments":[{"filename":"note.txt","content":"SGVsbG8K"}]}
        """;

    private sealed record Emails(string Sent, string InBatch, string Later, string Cancelled);
}
