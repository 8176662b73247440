using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The examples of the admin API's document.</summary>
public sealed partial class AdminExampleTests : IAsyncLifetime
{
    private AdminWorld _world = null!;
    private JsonElement _document;

    public async Task InitializeAsync()
    {
        _world = await AdminWorld.StartAsync();
        using var response = await _world.SendAsync("GET", "/admin/v1/openapi.json", token: null);
        _document = await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public void Every_operation_has_an_example_of_what_it_reads_and_answers()
    {
        var missing = Operations().SelectMany(operation => operation.Contents().Where(content => !content.Media.TryGetProperty("example", out _)).Select(content => content.Place));

        Assert.Empty(missing);
        Assert.True(Operations().Sum(operation => operation.Contents().Count()) > 100);
    }

    [Fact]
    public void Every_operation_that_answers_something_says_what()
    {
        var silent = Operations().Where(operation => !operation.Contents().Any(content => content.Place.Contains("answer", StringComparison.Ordinal)) && !operation.Answers("204"));

        // What a job made is JSON or a folder's report, by the job's kind.
        Assert.Equal(["GET /admin/v1/jobs/{id}/file", "GET /admin/v1/privacy/jobs/{id}/file"], silent.Select(operation => operation.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_example_is_valid_by_its_own_schema()
    {
        var check = new SchemaCheck(_document);
        var faults = Operations().SelectMany(operation => operation.Contents()).SelectMany(content =>
            check.Faults(content.Media.GetProperty("schema"), content.Media.GetProperty("example")).Select(fault => $"{content.Place} {fault}"));

        Assert.Empty(faults);
    }

    [Fact]
    public void A_list_is_shown_with_an_entry()
    {
        var empty = Operations().SelectMany(operation => operation.Contents())
            .Where(content => content.Media.GetProperty("example") is { ValueKind: JsonValueKind.Object } example && example.TryGetProperty("entries", out var entries) && entries.GetArrayLength() == 0)
            .Select(content => content.Place);

        Assert.Empty(empty);
    }

    [Fact]
    public async Task Every_example_of_a_body_is_understood()
    {
        var refused = new List<string>();
        foreach (var (operation, media, body) in Operations().SelectMany(operation => operation.Bodies().Select(body => (operation, body.Media, body.Example))))
        {
            var text = body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText();
            using var response = await _world.SendAsync(operation.Method, Placeholder().Replace(operation.Path, "1"), text, mediaType: media);
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType)
            {
                refused.Add($"{operation.Name}: {await response.Content.ReadAsStringAsync()}");
            }
        }

        Assert.Empty(refused);
    }

    private IEnumerable<Operation> Operations() => _document.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(operation => new Operation(operation.Name.ToUpperInvariant(), path.Name, operation.Value)));

    [GeneratedRegex("{[a-z]+}")]
    private static partial Regex Placeholder();

    private sealed record Operation(string Method, string Path, JsonElement Description)
    {
        public string Name => $"{Method} {Path}";

        /// <summary>The body's and each success's content, by media type.</summary>
        public IEnumerable<(string Place, JsonElement Media)> Contents()
        {
            var body = Description.TryGetProperty("requestBody", out var request) ? MediaOf(request, "body") : [];
            var answers = Description.GetProperty("responses").EnumerateObject().Where(answer => answer.Name[0] == '2');
            return body.Concat(answers.SelectMany(answer => MediaOf(answer.Value, "answer " + answer.Name)));
        }

        public IEnumerable<(string Media, JsonElement Example)> Bodies() => Contents()
            .Where(content => content.Place.Contains(" body ", StringComparison.Ordinal))
            .Select(content => (content.Place.Split(' ')[^1], content.Media.GetProperty("example")));

        public bool Answers(string status) => Description.GetProperty("responses").TryGetProperty(status, out _);

        private IEnumerable<(string Place, JsonElement Media)> MediaOf(JsonElement part, string name) =>
            part.TryGetProperty("content", out var content)
                ? content.EnumerateObject().Select(media => ($"{Name} {name} {media.Name}", media.Value))
                : [];
    }
}
