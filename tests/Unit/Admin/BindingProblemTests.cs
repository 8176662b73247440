using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What cannot be read of a request is named.</summary>
public sealed class BindingProblemTests : IAsyncLifetime
{
    private AdminWorld _world = null!;

    public async Task InitializeAsync() => _world = await AdminWorld.StartAsync();

    public Task DisposeAsync() => _world.DisposeAsync().AsTask();

    [Theory]
    [InlineData("POST", "/admin/v1/queue/hold", """{"all":true,"olderthan":"2026-01-01T00:00:00Z","sate":"held"}""", "sate: this member is not known here")]
    [InlineData("POST", "/admin/v1/queue/hold", """{"account":"seven"}""", "account: the value cannot be understood")]
    [InlineData("POST", "/admin/v1/queue/hold", """{"all":""", "the body is no valid JSON")]
    [InlineData("POST", "/admin/v1/queue/hold?background=maybe", """{"all":true}""", "background: 'maybe' is not true or false")]
    [InlineData("GET", "/admin/v1/jobs/seven", null, "id: 'seven' is not an id such as 01234567-89ab-cdef-0123-456789abcdef")]
    [InlineData("POST", "/admin/v1/configuration/history/x/restore", null, "number: 'x' is not a whole number")]
    [InlineData("POST", "/admin/v1/tokens", null, "a body of JSON is missing")]
    public async Task Names_what_it_could_not_read(string method, string path, string? body, string detail)
    {
        using var response = await _world.SendAsync(method, path, body);

        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((400, detail), (problem.GetProperty("status").GetInt32(), problem.GetProperty("detail").GetString()));
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Every_body_refuses_a_member_that_is_not_known(string route)
    {
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);

        using var response = await _world.SendAsync(method, path, """{"no_such_member":1}""");

        Assert.Equal("no_such_member: this member is not known here", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Rules_that_are_broken_are_told_without_names_of_the_program()
    {
        using var response = await _world.SendAsync("POST", "/admin/v1/keys", """{"name":"app","scope":"everything"}""");

        Assert.EndsWith("several are separated by a space.", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    public static TheoryData<string> Bodies() =>
    [
        "POST /admin/v1/queue/hold", "POST /admin/v1/queue/release", "POST /admin/v1/queue/retry", "POST /admin/v1/queue/cancel", "POST /admin/v1/queue/bounce",
        "POST /admin/v1/queue/rebind", "POST /admin/v1/domains", "PUT /admin/v1/domains/a.example/limits", "POST /admin/v1/configuration/check",
        "POST /admin/v1/backups", "POST /admin/v1/suppressions", "POST /admin/v1/messages/x/deliver", "POST /admin/v1/tokens", "POST /admin/v1/accounts",
        "PUT /admin/v1/accounts/default/name", "PUT /admin/v1/accounts/default/limits", "PUT /admin/v1/accounts/default/time-zone", "POST /admin/v1/users",
        "PUT /admin/v1/users/a/password", "PUT /admin/v1/users/a/limits", "PUT /admin/v1/users/a/defaults", "POST /admin/v1/users/a/certificates",
        "POST /admin/v1/keys", "PUT /admin/v1/keys/a/limits", "POST /admin/v1/bounces/explain", "POST /admin/v1/suspensions",
        "POST /admin/v1/privacy/erasures", "POST /admin/v1/privacy/exports",
    ];
}
