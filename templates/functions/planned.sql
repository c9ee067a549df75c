SELECT {{ function | q }}({{ arguments | q }})
