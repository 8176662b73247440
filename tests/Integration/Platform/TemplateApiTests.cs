using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Templates of a running relay, with a key, over its own listener and across a restart.</summary>
public sealed class TemplateApiTests
{
    [Fact]
    public async Task A_template_is_made_changed_rendered_and_survives_a_restart()
    {
        await using var relay = new RelayProcess();
        var port = LoopbackPorts.Free();
        relay.Configure($"[api]\nendpoint = \"127.0.0.1:{port}\"\n");
        await relay.StartAsync();
        var (_, key) = await relay.RunAsync("key", "create", "--name", "app", "--scope", "full");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());

        // Larger than the other bodies may be: the limit of templates is their own.
        var html = "<p>{{name}}</p>" + new string('\n', 500_000);
        var created = await ReadAsync(await http.PostAsJsonAsync("templates", new { name = "welcome", subject = "Hi {{name}}", html, text = new string('\n', 500_000) + "x" }));
        var id = created.GetProperty("id").GetString();
        await ReadAsync(await http.PatchAsJsonAsync($"templates/{id}", new { html = "<b>{{name}}</b>", text = (string?)null }));

        await relay.StopAsync();
        await relay.StartAsync();

        var preview = await ReadAsync(await http.PostAsJsonAsync($"templates/{id}/preview", new { variables = new { name = "A & B" } }));
        Assert.Equal(("Hi A & B", "<b>A &amp; B</b>"), (preview.GetProperty("subject").GetString(), preview.GetProperty("html").GetString()));
        var first = await ReadAsync(await http.GetAsync(new Uri($"templates/{id}/versions/1", UriKind.Relative)));
        Assert.Equal(html, first.GetProperty("html").GetString());
        using var bad = await http.PostAsJsonAsync("templates", new { name = "bad", html = "{{#if x}}" });
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        http.DefaultRequestHeaders.Authorization = null;
        using var stranger = await http.GetAsync(new Uri("templates", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            return await answer.Content.ReadFromJsonAsync<JsonElement>();
        }
    }
}
