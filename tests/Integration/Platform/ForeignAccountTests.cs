using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Every route there is, walked by a key of another account: what is not its own does not exist, and nothing of it changes.</summary>
/// <remarks>
/// The routes are those of the running server's own description, so that none can be forgotten: one whose parameters stand for something this
/// test does not have, or that takes a body and is not known here, fails it.
/// </remarks>
public sealed partial class ForeignAccountTests : IAsyncLifetime
{
    private const string Mark = "own-secret";

    /// <summary>Makes something for the caller alone, or only calculates. Each other route without parameters must be a list or a sum.</summary>
    private static readonly string[] ForTheCaller =
    [
        "POST /v1/domains", "POST /v1/api-keys", "POST /v1/emails", "POST /v1/emails/batch", "POST /v1/emails/mime", "POST /v1/exports",
        "POST /v1/privacy/erasures", "POST /v1/privacy/exports", "POST /v1/webhooks", "POST /v1/templates", "POST /v1/templates/preview",
        "POST /v1/contactBooks", "POST /v1/campaigns", "PATCH /v1/account",
    ];

    private readonly ApiWorld _world = new();
    private readonly Dictionary<string, string> _ids = [];
    private ApiClient _own = null!;
    private ApiClient _stranger = null!;

    public async Task InitializeAsync()
    {
        await _world.StartAsync("require_verified_domains = false\nplain_webhooks = true\nrequests_per_second = 0");
        _own = await _world.ClientAsync("own");
        var (exitCode, output) = await _world.Relay.RunAsync("account", "add", "strangers");
        Assert.True(exitCode == 0, output);
        _stranger = await _world.ClientAsync("stranger", "full", "--account", "strangers");
        await MakeAsync();
    }

    public async Task DisposeAsync()
    {
        _own?.Dispose();
        _stranger?.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task No_route_shows_or_changes_anything_of_another_account()
    {
        var before = await ReadOwnAsync();
        var trouble = new List<string>();
        var walked = 0;
        foreach (var (path, operations) in (await _own.GetAsync("/openapi.json"))["paths"].AsObject())
        {
            foreach (var (verb, _) in operations!.AsObject())
            {
                walked++;
                trouble.AddRange(await WalkAsync(new HttpMethod(verb.ToUpperInvariant()), path["/api".Length..]));
            }
        }

        Assert.True(trouble.Count == 0, string.Join("\n", trouble));
        Assert.True(walked >= 80, $"only {walked} operations are described");
        Assert.Equal(before, await ReadOwnAsync());
    }

    private async Task<IEnumerable<string>> WalkAsync(HttpMethod method, string template)
    {
        var operation = $"{method} {template}";
        if (!template.Contains('{', StringComparison.Ordinal))
        {
            return await WalkListAsync(method, operation, template);
        }

        var path = template;
        var absent = template;
        foreach (var (parameter, place, id) in Parameters(template))
        {
            if (id is null)
            {
                return [$"{operation}: there is nothing for {place}; make one in this test"];
            }

            path = path.Replace(parameter, id, StringComparison.Ordinal);
            absent = absent.Replace(parameter, parameter == "{version}" ? id : Absent(id), StringComparison.Ordinal);
        }

        var body = method == HttpMethod.Get || method == HttpMethod.Delete && !template.EndsWith("/bulk", StringComparison.Ordinal) ? null : BodyOf(operation);
        var foreign = await _stranger.SendAsync(method, path, body);
        var unknown = await _stranger.SendAsync(method, absent, body);
        return foreign.Status == 404 && unknown.Status == 404 && Plain(foreign.Text, path) == Plain(unknown.Text, absent)
            ? []
            : [$"{operation}: {foreign.Status} {foreign.Text} where what never was answers {unknown.Status} {unknown.Text}"];
    }

    private async Task<IEnumerable<string>> WalkListAsync(HttpMethod method, string operation, string path)
    {
        if (method != HttpMethod.Get)
        {
            return ForTheCaller.Contains(operation) ? [] : [$"{operation}: is not known here; say for whom it acts"];
        }

        var answer = await _stranger.GetAsync(path);
        return answer.IsSuccess && !answer.Text.Contains(Mark, StringComparison.Ordinal) && !_ids.Values.Any(id => id.Length > 10 && answer.Text.Contains(id, StringComparison.Ordinal))
            ? []
            : [$"{operation}: {answer.Status} {answer.Text}"];
    }

    // What a route would do something with, if it found what it is asked for.
    private string BodyOf(string operation) => operation switch
    {
        "PATCH /v1/domains/{id}" => """{"clickTracking":true}""",
        "PATCH /v1/emails/{emailId}" => $$"""{"scheduledAt":"{{ApiFlowWorld.Iso(TimeSpan.FromHours(4))}}"}""",
        "PATCH /v1/webhooks/{id}" => """{"name":"mine"}""",
        "POST /v1/webhooks/{id}/replay" => """{"failedOnly":true}""",
        "PATCH /v1/templates/{id}" or "PATCH /v1/contactBooks/{contactBookId}" => """{"name":"mine"}""",
        "POST /v1/templates/{id}/preview" => """{"variables":{}}""",
        "POST /v1/contactBooks/{contactBookId}/contacts" or "PUT /v1/contactBooks/{contactBookId}/contacts/{contactId}" => """{"email":"mine@dest.test"}""",
        "POST /v1/contactBooks/{contactBookId}/contacts/bulk" => """[{"email":"mine@dest.test"}]""",
        "DELETE /v1/contactBooks/{contactBookId}/contacts/bulk" => $$"""{"contactIds":["{{_ids["contactId"]}}"]}""",
        "POST /v1/contactBooks/{contactBookId}/contacts/tags" => $$"""{"contactIds":["{{_ids["contactId"]}}"],"add":["mine"]}""",
        "PATCH /v1/contactBooks/{contactBookId}/contacts/{contactId}" => """{"firstName":"mine"}""",
        "PATCH /v1/campaigns/{campaignId}" => """{"name":"mine"}""",
        "POST /v1/campaigns/{campaignId}/test" => """{"to":"mine@dest.test"}""",
        _ => "{}",
    };

    private IEnumerable<(string Parameter, string Place, string? Id)> Parameters(string template)
    {
        var segments = template.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i].StartsWith('{'))
            {
                // {id} is what the segment before it is a list of.
                var place = segments[i] == "{id}" ? segments[i - 1] : segments[i].Trim('{', '}');
                yield return (segments[i], place, _ids.GetValueOrDefault(place));
            }
        }
    }

    // The same kind of id, of nothing at all.
    private static string Absent(string id) => Guid.TryParse(id, out _) ? Guid.CreateVersion7().ToString()
        : long.TryParse(id, out var number) ? (number + 1_000_000).ToString(System.Globalization.CultureInfo.InvariantCulture)
        : id[..^1] + (id[^1] == '0' ? '1' : '0');

    private static string Plain(string text, string path) =>
        path.Split('/').Where(part => part.Length > 2).Aggregate(text, (plain, part) => plain.Replace(part, "?", StringComparison.Ordinal));

    private async Task MakeAsync()
    {
        _ids["domains"] = (await MakeAsync("/v1/domains", """{"name":"own-secret.test","region":"eu"}"""))["id"].ToString();
        await _own.PutAsync($"/v1/domains/{_ids["domains"]}/verify");
        await Poll.UntilAsync("the domain was looked for", async () => !(await _own.GetAsync($"/v1/domains/{_ids["domains"]}"))["isVerifying"].GetValue<bool>());
        _ids["api-keys"] = (await MakeAsync("/v1/api-keys", """{"name":"own-secret"}"""))["id"].ToString();
        _ids["templates"] = (await MakeAsync("/v1/templates", """{"name":"own-secret","text":"own-secret"}""")).Word("id");
        _ids["version"] = "1";
        // Of a kind that does not happen here: its log has the test call and stays as it is.
        _ids["webhooks"] = (await MakeAsync("/v1/webhooks", """{"url":"http://127.0.0.1:9/own-secret","events":["email.complained"]}""")).Word("id");
        await _own.PostAsync($"/v1/webhooks/{_ids["webhooks"]}/test");
        _ids["deliveryId"] = (await _own.GetAsync($"/v1/webhooks/{_ids["webhooks"]}/deliveries"))["data"][0]!["id"]!.GetValue<string>();
        _ids["emailId"] = (await MakeAsync(
            "/v1/emails", $$"""{"from":"app@own-secret.test","to":"a@dest.test","subject":"own-secret","text":"x","tags":["own-secret"],"scheduledAt":"{{ApiFlowWorld.Iso(TimeSpan.FromHours(3))}}"}""")).Word("emailId");
        var book = _ids["contactBookId"] = (await MakeAsync("/v1/contactBooks", """{"name":"own-secret"}""")).Word("id");
        _ids["contactId"] = (await MakeAsync($"/v1/contactBooks/{book}/contacts", """{"email":"own-secret@dest.test"}""")).Word("contactId");
        _ids["campaignId"] = (await MakeAsync(
            "/v1/campaigns", $$"""{"name":"own-secret","from":"app@own-secret.test","subject":"x","contactBookId":"{{book}}","html":"<a href=\"{{"{{unsubscribeUrl}}"}}\">x</a>"}""")).Word("id");
        _ids["jobs"] = _ids["jobId"] = (await MakeAsync("/v1/exports", """{"kind":"series"}""")).Word("id");
        await Poll.UntilAsync("the job has ended", async () => (await _own.GetAsync($"/v1/jobs/{_ids["jobs"]}")).Word("status") == "succeeded");
    }

    // What goes on by itself meanwhile: the key is used, the domain's records are looked for.
    [GeneratedRegex("\"(lastUsedAt|lastCheckedTime)\":[^,}]*")]
    private static partial Regex OwnPace();

    private async Task<ApiAnswer> MakeAsync(string path, string body)
    {
        var made = await _own.PostAsync(path, body);
        Assert.True(made.IsSuccess, $"{path}: {made.Text}");
        return made;
    }

    private async Task<string> ReadOwnAsync()
    {
        var texts = new List<string>();
        foreach (var path in (string[])[
            $"/v1/domains/{_ids["domains"]}", "/v1/api-keys", $"/v1/templates/{_ids["templates"]}", $"/v1/webhooks/{_ids["webhooks"]}",
            $"/v1/webhooks/{_ids["webhooks"]}/deliveries", $"/v1/emails/{_ids["emailId"]}", $"/v1/contactBooks/{_ids["contactBookId"]}",
            $"/v1/contactBooks/{_ids["contactBookId"]}/contacts/{_ids["contactId"]}", $"/v1/campaigns/{_ids["campaignId"]}", $"/v1/jobs/{_ids["jobs"]}"])
        {
            var answer = await _own.GetAsync(path);
            Assert.True(answer.IsSuccess, $"{path}: {answer.Text}");
            texts.Add(OwnPace().Replace(answer.Text, string.Empty));
        }

        return string.Join("\n", texts);
    }
}
