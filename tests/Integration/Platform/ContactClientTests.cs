using System.Text.Json;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Books and contacts as the unmodified npm client sees them.</summary>
public sealed class ContactClientTests(ApiRelay api) : IClassFixture<ApiRelay>
{
    [NodeFact]
    public async Task The_npm_client_keeps_books_and_contacts()
    {
        var result = JsonDocument.Parse(await SubmissionRelay.RunAsync("node", [NodeFactAttribute.Script("contacts.mjs"), api.Url, api.ApiKey])).RootElement;

        foreach (var name in (string[])["book", "books", "bookUpdated", "bookGot", "created", "got", "updated", "upserted", "upsertedAgain", "bulk", "bulkDeleted",
            "deleted", "bookCounted", "bookDeleted"])
        {
            Assert.True(result.GetProperty(name).GetProperty("error").ValueKind == JsonValueKind.Null, $"{name}: {result.GetProperty(name)}");
        }

        Assert.Equal("📖", Data("bookUpdated").Word("emoji"));
        Assert.Equal("Köln", Data("bookGot").GetProperty("properties").Word("city"));
        Assert.Equal("größe+a@xn--bcher-kva.example", Data("got").Word("email"));
        Assert.Equal(Data("upserted").Word("contactId"), Data("upsertedAgain").Word("contactId"));
        Assert.Equal(1000, Data("bulk").GetProperty("count").GetInt32());
        Assert.Equal(1, Data("bulkDeleted").GetProperty("count").GetInt32());
        Assert.Equal(1000, Data("bookCounted").GetProperty("_count").GetProperty("contacts").GetInt32());
        Assert.Equal(("BAD_REQUEST", "NOT_FOUND", "UNAUTHORIZED", "BAD_REQUEST"), (Code("badBulk"), Code("gone"), Code("stranger"), Code("bad")));
        Assert.Contains("[1].email", Error("badBulk").GetProperty("error").Word("message"), StringComparison.Ordinal);
        Assert.Equal("there is no such contact book", Error("bookGone").GetString());

        JsonElement Data(string name) => result.GetProperty(name).GetProperty("data");
        JsonElement Error(string name) => result.GetProperty(name).GetProperty("error");
        string Code(string name) => Error(name).GetProperty("error").Word("code")!;
    }
}
